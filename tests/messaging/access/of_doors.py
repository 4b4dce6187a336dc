"""The rows of doors. A key is the door's path as it is described; words behind it say which of its ways is asked.

Laws: every door at which a token or a cookie is looked at has a row with what each actor is told. The others are in
ANYONE, where who somebody is cannot matter (a ticket, a challenge or a claim says what may be done), or in OPERATORS.
"""

from typing import Any, Final

from messaging.relay.accounts import examine
from messaging.relay.relay import AskDownload, AskSession, AskStates, CheckUpload, Enrol, LogOut, Renew
from messaging.wire import names
from messaging.wire.codec import Request
from messaging.wire.life import CloseRequest
from messaging.wire.oauth import ConsentRequest
from messaging.wire.pairing import PairingEnd, PairingFind, PairingGrant, PairingHello
from messaging.wire.types import EnrolRequest
from tests.messaging.access.cells import DONE, SHARED, Row, door, everybody
from tests.messaging.access.people import Asker, House
from tests.messaging.apps import REDIRECT
from tests.messaging.desk import person
from tests.messaging.household import adopting, change, confirmation, methods

_BY_KEY: Final = ("app", "app without", "app after", "bridge", "station")  # they have no refresh token
_FORBIDDEN: Final = dict.fromkeys(_BY_KEY, "forbidden")
# A door that asks for the confirmed device first, whoever comes. Who logs in by key alone has never confirmed one
# but by that log-in.
_FIRST: Final = dict.fromkeys(("nobody", "unconfirmed owner"), "confirmFirst")
_FACTORS: Final = SHARED | _FIRST | {"delegate": "forbidden"}
_OWN_FACTORS: Final = everybody("wrongCredentials") | {"owner": DONE, "unconfirmed owner": DONE}
_PAIRING: Final = everybody("notFound") | _FORBIDDEN | {"nobody": "forbidden"}
_ADOPTING: Final = everybody("forbidden") | _FIRST | dict.fromkeys(
    ("delegate", "former delegate", "other patient"), DONE
)  # fmt: skip
_PAIRED: Final = "0" * 27


def _listed(house: House, asker: Asker) -> str:
    return DONE if house.account in house.desk.ask(AskSession(), asker.caller)["accounts"] else "accountNotFound"


def _streamed(house: House, asker: Asker) -> str:
    accounts, _ = house.desk.ask(AskStates(None), asker.caller)
    return DONE if house.account in accounts else "accountNotFound"


def _own_refresh(house: House, asker: Asker) -> str:
    issued = house.desk.ask(Renew(asker.refresh, cookie=False), asker.caller)
    return DONE if issued.tokens.account == asker.caller.account else "accountNotFound"


def _new_password(house: House) -> Any:
    return change(house.desk, house.account, house.account, methods=methods(password=house.desk.seeds["bridge"]))


def _consent(house: House) -> Any:
    return ConsentRequest(
        account_id=house.account, grant=house.grant, client_id=house.app.account, redirect_uri=REDIRECT,
        scopes=["letters.send"], code_challenge="A" * 43, code_challenge_method="S256",
    )  # fmt: skip


def _enrolment(house: House) -> Any:
    who = house.desk.item(person("patient", "new"), managed=False)
    return Enrol(examine(EnrolRequest(people=[who])))


DOOR_ROWS: Final[dict[str, Row]] = {
    names.WELL_KNOWN: Row(_listed, SHARED),
    names.API: door(lambda _: Request(using=list(names.EVERYONE), method_calls=[]), everybody(DONE)),
    names.API + " another's capability": door(
        lambda _: Request(using=[names.BRIDGE], method_calls=[]), everybody("unknownCapability") | {"bridge": DONE}
    ),
    names.UPLOAD: door(lambda house: CheckUpload(house.account, 1), SHARED),
    names.DOWNLOAD.partition("?")[0]: door(
        lambda house: AskDownload(house.account, "b" + "0" * 64), everybody("notFound")
    ),
    names.EVENTS.partition("?")[0]: Row(_streamed, SHARED),
    names.REFRESH: Row(
        _own_refresh, everybody(DONE) | dict.fromkeys(("nobody", *_BY_KEY), "unauthorized")
    ),
    names.LOGOUT: door(lambda _: LogOut(), everybody(DONE)),
    names.CONFIRM: door(lambda house: confirmation(house.desk, house.owner), _OWN_FACTORS),
    names.FACTORS: door(lambda house: change(house.desk, house.account, house.account), _FACTORS),
    names.FACTORS + " password": door(_new_password, _FACTORS),
    names.ADOPT: door(lambda house: adopting(house.desk, house.desk.patient("child")), _ADOPTING),
    names.CLOSE: door(lambda house: CloseRequest(account=house.account), _FACTORS),
    names.PAIRING_FIND: door(lambda _: PairingFind(pairing=_PAIRED), _PAIRING),
    names.PAIRING_HELLO: door(lambda _: PairingHello(pairing=_PAIRED, sealed="AAAA"), _PAIRING),
    names.PAIRING_GRANT: door(
        lambda _: PairingGrant(pairing=_PAIRED, sealed="AAAA"), _PAIRING | _FIRST
    ),
    names.PAIRING_END: door(
        lambda _: PairingEnd(pairing=_PAIRED), everybody(DONE) | _FORBIDDEN | {"nobody": "unauthorized"}
    ),
    names.OAUTH_CONSENT: door(
        _consent, everybody("accountNotFound") | _FIRST | dict.fromkeys(("owner", "delegate"), DONE)
    ),
    # A patient is a station's to enrol; a bridge is told so for each item, in its answer.
    names.ENROL: door(_enrolment, everybody("forbidden") | {"bridge": DONE, "station": DONE}),
}  # fmt: skip

ANYONE: Final = frozenset({
    names.CHALLENGE, names.LOGIN, names.TOTP, names.BOX, names.ACTIVATE, names.RECOVER, names.OPPOSE,
    names.PAIRING_BEGIN, names.PAIRING_POLL, names.PAIRING_CLAIM,
    names.LOG_CHECKPOINT, names.LOG_POLICY, names.LOG_TILES + "{level}/{number}",
    names.LOG_TILES + "{level}/{number}.p/{width}",
    names.OAUTH_METADATA, names.OAUTH_AUTHORIZE, names.OAUTH_TOKEN, names.OAUTH_REVOKE,
    names.CATALOGUE, names.OPENAPI, names.ASYNCAPI, names.SCHEMAS, names.SCHEMAS + "{name}.json", names.CATALOG, "/",
})  # fmt: skip
OPERATORS: Final = frozenset({"/health/live", "/health/ready", "/metrics"})
# What a log-in by OAuth comes through, where the app itself does; of methods each says so (messaging/wire/scopes.py).
SCOPED: Final = frozenset({
    names.WELL_KNOWN, names.API, names.UPLOAD, names.DOWNLOAD.partition("?")[0], names.EVENTS.partition("?")[0],
    names.LOGOUT,
})  # fmt: skip
