"""The relay's settings: one TOML file, read once, with errors that say what to write instead."""

import tomllib
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from crypto.encoding import unb64u
from crypto.errors import NotCanonical, WeakKey
from crypto.keys import SigningPublic
from messaging.relay.rates import Allowed
from messaging.relay.turn import Life
from messaging.server.mailing import Submission
from messaging.server.peers import Network
from messaging.store.link import Where
from messaging.store.s3place import S3Place
from messaging.wire.limits import DEVICE_CUT_SECONDS, STORAGE_QUOTA

_MOST_DAYS = 36_525  # a hundred years


class BadConfig(Exception):
    """The settings cannot be used; the text says which and why."""


class _Relay(msgspec.Struct, forbid_unknown_fields=True):
    data: str
    origin: str = "http://localhost:8440"
    listen: str = "127.0.0.1:8440"
    web: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    log: Literal["json", "plain"] = "plain"
    trusted_proxies: list[str] = []


class _Log(msgspec.Struct, forbid_unknown_fields=True):
    policy: str = ""
    skip: list[str] = []


class _Limits(msgspec.Struct, forbid_unknown_fields=True):
    patient_per_hour: int = Allowed.patient_per_hour
    patient_per_day: int = Allowed.patient_per_day
    integrator_per_second: int = Allowed.integrator_per_second
    integrator_burst: int = Allowed.integrator_burst
    resolves_per_minute: int = Allowed.resolves_per_minute
    login_network_per_minute: int = Allowed.login_network_per_minute
    log_reads_per_minute: int = Allowed.log_reads_per_minute
    searches_per_minute: int = Allowed.searches_per_minute
    storage_octets: int = STORAGE_QUOTA


class _Store(msgspec.Struct, forbid_unknown_fields=True):
    database: str = "sqlite"
    password_file: str = ""


class _Bus(msgspec.Struct, forbid_unknown_fields=True):
    nats: str | list[str] = []
    credentials: str = ""
    poll_seconds: float = DEVICE_CUT_SECONDS


class _S3(msgspec.Struct, forbid_unknown_fields=True):
    bucket: str
    endpoint: str = ""
    region: str = "us-east-1"
    key_id: str = ""
    secret_file: str = ""


class _Blobs(msgspec.Struct, forbid_unknown_fields=True):
    s3: _S3 | None = None


class _Life(msgspec.Struct, forbid_unknown_fields=True):
    opposition_days: int = Life.opposition_days
    archive_days: int = Life.archive_days


class _OAuth(msgspec.Struct, forbid_unknown_fields=True):
    client_certificates: Literal["off", "tls", "proxy"] = "off"


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    file: str = ""
    authority: str | list[str] = []


class _Notices(msgspec.Struct, forbid_unknown_fields=True):
    smtp: str = ""
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    sender: str = ""
    user: str = ""
    password_file: str = ""
    push: bool = True
    contact: str = ""
    allow_private: bool = False
    trust: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    relay: _Relay
    log: _Log = msgspec.field(default_factory=_Log)
    limits: _Limits = msgspec.field(default_factory=_Limits)
    life: _Life = msgspec.field(default_factory=_Life)
    oauth: _OAuth = msgspec.field(default_factory=_OAuth)
    catalogue: _Catalogue = msgspec.field(default_factory=_Catalogue)
    store: _Store = msgspec.field(default_factory=_Store)
    bus: _Bus = msgspec.field(default_factory=_Bus)
    notices: _Notices = msgspec.field(default_factory=_Notices)
    blobs: _Blobs = msgspec.field(default_factory=_Blobs)


@dataclass(frozen=True)
class Config:
    """Checked settings. `web` None: none was named and none is shipped. `certificate` and `key`: both or neither.

    `catalogue` None: this relay publishes no file of apps; `authorities` are the keys that may have signed one.
    `policy` None: the key log is trusted for its own signatures alone. `skipped_witnesses` of it are not asked.
    `database` None: SQLite in `data`. `s3` None: blobs in `data`. `nats` empty: the database itself wakes other relays,
    `submission` None: no mail is sent. `contact` is whom push services ask; `trust` are authorities in place of the
    machine's. `poll` is how many seconds pass at most before one looks by itself.
    """

    origin: str
    host: str
    port: int
    data: Path
    web: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    log: Literal["json", "plain"] = "plain"
    allowed: Allowed = field(default_factory=Allowed)
    life: Life = field(default_factory=Life)
    storage: int = STORAGE_QUOTA
    trusted_proxies: tuple[Network, ...] = ()
    catalogue: Path | None = None
    authorities: tuple[bytes, ...] = ()
    client_certificates: Literal["off", "tls", "proxy"] = "off"
    policy: Path | None = None
    skipped_witnesses: tuple[str, ...] = ()
    database: Where | None = None
    s3: S3Place | None = None
    nats: tuple[str, ...] = ()
    nats_credentials: Path | None = None
    submission: Submission | None = None
    pushes: bool = True
    contact: str = ""
    allow_private: bool = False
    trust: Path | None = None
    poll: float = DEVICE_CUT_SECONDS

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS, here or at a proxy."""
        return self.origin.startswith("https://")


def load(path: Path) -> Config:
    """The settings in a file; folders in it are relative to it. Raises BadConfig."""
    try:
        raw = tomllib.loads(path.read_text())
        found = msgspec.convert(raw, _File)
    except OSError as error:
        raise BadConfig(f"{path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadConfig(f"{path}: {error}") from error
    return _checked(found, path.parent)


def _checked(found: _File, folder: Path) -> Config:
    relay = found.relay
    host, port = _listen(relay.listen)
    if bool(relay.tls_certificate) != bool(relay.tls_key):
        raise BadConfig("[relay] tls_certificate and tls_key: give both or neither")
    limits = msgspec.structs.asdict(found.limits)
    if low := [name for name, value in limits.items() if value < 1]:
        raise BadConfig(f"[limits] {low[0]} must be at least 1")
    storage = limits.pop("storage_octets")
    life = msgspec.structs.asdict(found.life)
    if wrong := [name for name, value in life.items() if not 1 <= value <= _MOST_DAYS]:
        raise BadConfig(f"[life] {wrong[0]} is a number of days from 1 to {_MOST_DAYS}")
    return Config(
        origin=_origin(relay.origin),
        host=host,
        port=port,
        data=folder / relay.data,
        web=folder / relay.web if relay.web else shipped_web(),
        certificate=folder / relay.tls_certificate if relay.tls_certificate else None,
        key=folder / relay.tls_key if relay.tls_key else None,
        log=relay.log,
        allowed=Allowed(**limits),
        storage=storage,
        life=Life(**life),
        catalogue=folder / found.catalogue.file if found.catalogue.file else None,
        authorities=_authorities(found.catalogue),
        client_certificates=_client_certificates(found),
        trusted_proxies=tuple(_network(text) for text in relay.trusted_proxies),
        policy=folder / found.log.policy if found.log.policy else None,
        skipped_witnesses=tuple(found.log.skip),
        database=_database(found.store, folder),
        s3=_s3(found.blobs.s3, folder),
        nats=_nats(found.bus),
        nats_credentials=folder / found.bus.credentials if found.bus.credentials else None,
        submission=_submission(found.notices, folder),
        pushes=found.notices.push,
        contact=found.notices.contact or relay.origin,
        allow_private=found.notices.allow_private,
        trust=folder / found.notices.trust if found.notices.trust else None,
        poll=_poll(found.bus.poll_seconds),
    )


def _database(store: _Store, folder: Path) -> Where | None:
    if store.database == "sqlite":
        return None
    parts = urlsplit(store.database)
    if parts.scheme not in ("postgresql", "postgres"):
        raise BadConfig('[store] database: write "sqlite", or "postgresql://user@host:5432/name"')
    if parts.password is not None or "password" in {name for name, _ in parse_qsl(parts.query)}:
        raise BadConfig("[store] database: no password in an address: name a file (0600) in password_file")
    return Where(store.database, folder / store.password_file if store.password_file else None)


def _nats(bus: _Bus) -> tuple[str, ...]:
    servers = (bus.nats,) if isinstance(bus.nats, str) else tuple(bus.nats)
    for server in servers:
        parts = urlsplit(server)
        if parts.scheme not in ("nats", "tls") or not parts.hostname:
            raise BadConfig(f'[bus] nats: write "nats://host:4222" or "tls://host:4222", not a {parts.scheme} address')
        if parts.username is not None:
            raise BadConfig("[bus] nats: no user or token in an address: name a credentials file (0600)")
    return servers


def _submission(notices: _Notices, folder: Path) -> Submission | None:
    if not notices.smtp:
        return None
    host, _, port = notices.smtp.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise BadConfig(f'[notices] smtp = "{notices.smtp}": write "host:587"')
    if notices.sender.count("@") != 1 or not notices.sender.isascii():
        raise BadConfig('[notices] sender: the address that notices are from, such as "ne-pas-repondre@pli.example"')
    if bool(notices.user) != bool(notices.password_file):
        raise BadConfig("[notices] user and password_file: give both or neither")
    if notices.tls == "none" and host.strip("[]") not in ("127.0.0.1", "::1", "localhost"):
        raise BadConfig('[notices] tls = "none" is for a server on this machine alone: write "starttls" or "implicit"')
    return Submission(
        host=host.strip("[]"), port=int(port), sender=notices.sender, tls=notices.tls, user=notices.user,
        password=folder / notices.password_file if notices.password_file else None,
        trust=folder / notices.trust if notices.trust else None,
    )  # fmt: skip


def _poll(seconds: float) -> float:
    # Whoever was shut out must be off other relays' streams within five seconds, whatever becomes of the bus.
    if not 0.05 <= seconds <= DEVICE_CUT_SECONDS:
        raise BadConfig(f"[bus] poll_seconds is a number from 0.05 to {DEVICE_CUT_SECONDS}")
    return seconds


def _s3(s3: _S3 | None, folder: Path) -> S3Place | None:
    if s3 is None:
        return None
    if bool(s3.key_id) != bool(s3.secret_file):
        raise BadConfig("[blobs] s3: give key_id and secret_file, or neither where the machine has a role of its own")
    if s3.endpoint and urlsplit(s3.endpoint).scheme not in ("http", "https"):
        raise BadConfig('[blobs] s3: endpoint = "https://host", or none for Amazon')
    return S3Place(s3.bucket, s3.endpoint, s3.region, s3.key_id, folder / s3.secret_file if s3.secret_file else None)


def _client_certificates(found: _File) -> Literal["off", "tls", "proxy"]:
    place = found.oauth.client_certificates
    if place == "tls" and not found.relay.tls_certificate:
        raise BadConfig('[oauth] client_certificates = "tls" needs [relay] tls_certificate; behind a proxy, "proxy"')
    if place == "proxy" and not found.relay.trusted_proxies:
        raise BadConfig('[oauth] client_certificates = "proxy" needs [relay] trusted_proxies: whose header is believed')
    return place


def _authorities(catalogue: _Catalogue) -> tuple[bytes, ...]:
    named = [catalogue.authority] if isinstance(catalogue.authority, str) else catalogue.authority
    if catalogue.file and not named:
        raise BadConfig("[catalogue] authority: name the key that signs the file, as `pli catalogue sign` printed it")
    try:
        return tuple(SigningPublic.load(unb64u(text, 32)).raw for text in named)
    except (NotCanonical, WeakKey):
        raise BadConfig("[catalogue] authority: an Ed25519 public key in base64url, or a list of such") from None


def _listen(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise BadConfig(f'[relay] listen = "{text}": write "address:port", such as "127.0.0.1:8440"')
    return host.strip("[]"), int(port)


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise BadConfig(
            f'[relay] trusted_proxies: "{text}": write an address or a network, such as "127.0.0.1" or "10.0.0.0/24"'
        ) from None


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or text != f"{parts.scheme}://{parts.netloc}":
        raise BadConfig(f'[relay] origin = "{text}": write scheme, host and port alone, such as "https://pli.example"')
    return text


def shipped_web(beside: Path = Path(__file__).parent) -> Path | None:
    """The web client that the wheel carries beside this file; None in a checkout, where it is built elsewhere."""
    shipped = beside / "web"
    return shipped if (shipped / "index.html").is_file() else None
