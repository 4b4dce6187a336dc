"""The doors of JMAP (RFC 8620) and those that anyone or the operator reads, one row each."""

from typing import Annotated, Final

from msgspec import Meta

from messaging.wire import names
from messaging.wire.catalogue import SignedCatalogue
from messaging.wire.described.answers import Catalog, Health, SchemaIndex, Session
from messaging.wire.described.door import BYTES, READING, TEXT, Answer, Door, Parameter
from messaging.wire.described.schemas import schemas
from messaging.wire.types import AccountId, BlobId, Uploaded

_NO_STORE: Final = ("Cache-Control", "`no-store`: an answer is for its asker alone.")
_LONG: Final = ("Cache-Control", "Immutable: what it holds never changes.")
_SHORT: Final = ("Cache-Control", "Five minutes.")
_HOUR: Final = (("Cache-Control", "An hour."), ("ETag", "Changes with the description."))
_LINK: Final = ("Link", "The descriptions of this relay for machines (RFC 8631).")
_ETAG: Final = ("ETag", "The blob's id.")
_RANGE: Final = ("Content-Range", "Which bytes, of how many.")
_ACCOUNT: Final = Parameter("accountId", "path", AccountId, "An account that the caller may act for.")
_Number = Annotated[str, Meta(pattern=r"^[0-9]{1,18}$(?!\n)")]
_Ping = Annotated[int, Meta(ge=0, le=999_999)]
_TILE: Final = (Answer(200, None, BYTES, "A tile.", (_LONG,)),)
_TILE_PARTS: Final = (
    Parameter("level", "path", Annotated[str, Meta(pattern=r"^(entries|[0-7])$(?!\n)")], "A level, or `entries`."),
    Parameter("number", "path", Annotated[str, Meta(pattern=r"^[0-9]{3}$(?!\n)")],
              "Which tile; from 1000 on in groups, each a part of the path of its own: `x001/234`."),
)  # fmt: skip
_WIDTH: Final = Parameter("width", "path", Annotated[int, Meta(ge=1, le=255)], "How many it holds.")
_SchemaName = Annotated[str, Meta(extra_json_schema={"enum": list(schemas())})]
_ETagList = Annotated[str, Meta(pattern=r'^"[0-9a-f]{16}"$(?!\n)')]
_NOT_MODIFIED: Final = Answer(304, about="It is what the asker has.", headers=_HOUR)
_IF_NONE: Final = Parameter("If-None-Match", "header", _ETagList, "The ETag of what the asker has.")

JMAP_DOORS: Final = (
    Door("session", names.WELL_KNOWN, "The session object (RFC 8620, 2).",
         (Answer(kind=Session, headers=(_NO_STORE, _LINK)),), ("GET",), who="bearer"),
    Door("api", names.API, "Method calls (RFC 8620, 3.3).", (Answer(kind="ApiResponse", headers=(_NO_STORE,)),),
         takes="ApiRequest", who="bearer", refuses=("limit", "unknownCapability")),
    Door("upload", names.UPLOAD, "Sealed bytes; the same bytes are the same blob (RFC 8620, 6.1).",
         (Answer(201, Uploaded, about="Kept."),), takes="bytes", who="bearer", parameters=(_ACCOUNT,),
         refuses=("accountNotFound", "overQuota")),
    Door("download", names.DOWNLOAD.partition("?")[0], "Sealed bytes (RFC 8620, 6.2); one range is honoured.",
         (Answer(200, None, "*/*", "All of them, as the type that was asked for.", (_LONG, _ETAG)),
          Answer(206, None, "*/*", "The range.", (_LONG, _ETAG, _RANGE))), READING, who="bearer",
         parameters=(_ACCOUNT, Parameter("blobId", "path", BlobId, "The blob."),
                     Parameter("name", "path", Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^/]+$")],
                               "Not looked at."),
                     Parameter("type", "query", str, "The Content-Type of the answer, if it is a harmless one."),
                     Parameter("Range", "header", str, "One range of bytes (RFC 9110, 14.2).")),
         refuses=("notFound", "rangeNotSatisfiable")),
    Door("events", names.EVENTS.partition("?")[0], "The event stream (RFC 8620, 7.3): see /asyncapi.json.",
         (Answer(200, None, "text/event-stream", "Until the reader goes.", (_NO_STORE,)),), ("GET",), who="bearer",
         parameters=(Parameter("types", "query", str, "`*` or names of types, with commas."),
                     Parameter("closeafter", "query", str, "`state` closes after one event."),
                     Parameter("ping", "query", _Ping, "Seconds between pings."),
                     Parameter("Last-Event-ID", "header", _Number, "Begin with what changed since.")),
         refuses=("invalidArguments",)),
)  # fmt: skip

LOG_DOORS: Final = (
    Door("log checkpoint", names.LOG_CHECKPOINT, "The newest published checkpoint (C2SP tlog-checkpoint).",
         (Answer(200, None, TEXT, "A signed note.", (_NO_STORE,)),), READING, refuses=("rateLimit",)),
    Door("log policy", names.LOG_POLICY, "Whom a client is asked to trust (C2SP tlog-policy).",
         (Answer(200, None, TEXT, "The policy.", (_NO_STORE,)),), READING, refuses=("rateLimit",)),
    Door("log tile", names.LOG_TILES + "{level}/{number}", "A full tile (C2SP tlog-tiles): hashes, or entries.",
         _TILE, READING, parameters=_TILE_PARTS, refuses=("notFound", "rateLimit")),
    Door("log tile", names.LOG_TILES + "{level}/{number}.p/{width}", "A tile that is not full yet.",
         _TILE, READING, parameters=(*_TILE_PARTS, _WIDTH), refuses=("notFound", "rateLimit")),
)  # fmt: skip

DESCRIPTION_DOORS: Final = (
    Door("openapi", names.OPENAPI, "The doors, in OpenAPI 3.1.",
         (Answer(200, "AnyObject", about="The description.", headers=_HOUR), _NOT_MODIFIED), READING,
         parameters=(_IF_NONE,)),
    Door("asyncapi", names.ASYNCAPI, "The event stream, in AsyncAPI 3.0.",
         (Answer(200, "AnyObject", about="The description.", headers=_HOUR), _NOT_MODIFIED), READING,
         parameters=(_IF_NONE,)),
    Door("schemas", names.SCHEMAS, "Which schemas there are.",
         (Answer(200, SchemaIndex, about="By name.", headers=_HOUR), _NOT_MODIFIED), READING, parameters=(_IF_NONE,)),
    Door("schema", names.SCHEMAS + "{name}.json", "A JSON Schema (2020-12) that stands alone.",
         (Answer(200, "AnyObject", "application/schema+json", "The schema.", _HOUR), _NOT_MODIFIED), READING,
         parameters=(Parameter("name", "path", _SchemaName, "Its name."), _IF_NONE), refuses=("notFound",)),
    Door("catalog", names.CATALOG, "The API catalogue (RFC 9727).",
         (Answer(200, Catalog, "application/linkset+json", "A link set.", _HOUR), _NOT_MODIFIED), READING,
         parameters=(_IF_NONE,)),
)  # fmt: skip

CATALOGUE_DOORS: Final = (
    Door("catalogue", names.CATALOGUE, "The certified apps, signed by an authority; 404 where none is published.",
         (Answer(200, SignedCatalogue, about="As it was signed.", headers=(_SHORT,)),), READING,
         refuses=("notFound", "rateLimit")),
)  # fmt: skip

OTHER_DOORS: Final = (
    Door("live", "/health/live", "The loop turns.", (Answer(kind=Health),), ("GET",), who="operator"),
    Door("ready", "/health/ready", "The store answers.", (Answer(kind=Health),), ("GET",), who="operator"),
    Door("metrics", "/metrics", "What was counted, for Prometheus.",
         (Answer(200, None, "text/plain; version=0.0.4", "Figures.", (_NO_STORE,)),), ("GET",), who="operator"),
    Door("static", "/", "The web client, if this relay serves it; its files and pages are below.",
         (Answer(200, None, "text/html; charset=utf-8", "The page, under its policy."),), READING,
         refuses=("notFound",)),
)  # fmt: skip
