"""The gateway's TOML file as a value (docs/gateway.sample.toml explains each line). Paths are relative to the file."""

from pathlib import Path
from typing import Literal

import msgspec

from bridges.mail.headers import is_address
from crypto.encoding import unb64u
from crypto.errors import NotCanonical


class BadConfig(ValueError):
    """What is wrong in the file, in words for its operator."""


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class GatewayTable(_Table, frozen=True):
    """`relay` is its origin; `hostname` is said in SMTP and stands in Message-IDs; `product` is X-MSS-NIL.
    `database` is a PostgreSQL that several gateways share, without a password in it.
    `kek` seals the key file."""

    relay: str
    login: str
    key_file: str
    data: str
    patient_domain: str
    hostname: str
    product: str = "Pli"
    log: Literal["json", "plain"] = "json"
    metrics: str = ""
    workers: int = 2
    database: str = ""
    kek: str = ""
    traces_days: int = 183


class SmtpTable(_Table, frozen=True):
    """Mail in. `client_ca` signs the operators' certificates; `crl` is PEM."""

    listen: str
    certificate: str
    key: str
    client_ca: str
    crl: str = ""
    connections_per_peer: int = 50
    connections: int = 200
    timeout_seconds: float = 300.0
    unknown_per_hour: int = 200


class OutgoingTable(_Table, frozen=True):
    """Mail out. A domain without a route goes to its MX."""

    certificate: str
    key: str
    ca: str
    crl: str = ""
    routes: dict[str, str] = {}
    lifetime_hours: float = 120.0
    delay_notice_hours: float = 4.0
    first_retry_seconds: float = 300.0
    longest_retry_seconds: float = 4200.0
    connections_per_domain: int = 4
    domains_at_once: int = 20


class WhitelistTable(_Table, frozen=True):
    """The signed white list, from an https `url` (whose server `url_ca` signs, or the system's authorities) every
    `fetch_hours`, or from a file. `signer_subject` is the full DN of its signer, issued by one of `signer_ca`."""

    signer_ca: str
    signer_subject: str
    file: str = ""
    url: str = ""
    url_ca: str = ""
    fetch_hours: float = 1.0
    check_seconds: float = 10.0
    old_after_days: float = 7.0
    least_share: float = 0.5


class RevocationTable(_Table, frozen=True):
    """Whether operators' certificates were revoked. "hard": where nobody can say, no mail is taken now; "soft": it is,
    with an alarm. `ocsp`, `lists`: ask the responder, fetch the list, that the certificate names."""

    policy: Literal["hard", "soft"] = "hard"
    ocsp: bool = True
    lists: bool = True
    timeout_seconds: float = 10.0


class DirectoryTable(_Table, frozen=True):
    """The French health directory's API; `key_file`, 0600, holds the key that its operator gave. Without it, none."""

    key_file: str = ""
    url: str = "https://gateway.api.esante.gouv.fr/fhir/v2"
    url_ca: str = ""
    check_hours: float = 24.0


class LogTable(_Table, frozen=True):
    """The relay's public key log. `policy`: whose signatures it needs (C2SP tlog-policy); without one, what the relay
    serves at the first start is taken and kept. `stations`: log-in public keys (b64u) of those who may vouch for
    patients, which must be said; "any" believes whomever the relay names, so also the relay itself."""

    policy: str = ""
    stations: list[str] | Literal["any"] = []


class MailboxTable(_Table, frozen=True):
    """One mailbox of the clinical domain."""

    address: str
    name: str
    kind: Literal["professional", "organisation"] = "professional"


class Config(_Table, frozen=True):
    """The whole file."""

    gateway: GatewayTable
    smtp: SmtpTable
    outgoing: OutgoingTable
    whitelist: WhitelistTable
    revocation: RevocationTable = RevocationTable()
    directory: DirectoryTable = DirectoryTable()
    log: LogTable = LogTable()
    mailbox: list[MailboxTable] = []
    folder: str = ""

    @property
    def kek(self) -> str:
        """What the key file is sealed with: a PKCS#11 URI, a path, or nothing."""
        named = self.gateway.kek
        return named if not named or named.startswith("pkcs11:") else str(self.path(named))

    def path(self, name: str) -> Path:
        """A path of the file, relative to its folder."""
        return Path(self.folder) / Path(name).expanduser()


def load(path: Path) -> Config:
    """Raises BadConfig."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadConfig(f"{path} cannot be read: {error.strerror}") from None
    try:
        found = msgspec.toml.decode(raw, type=Config)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: {error}") from None
    _check(found, path)
    return msgspec.structs.replace(found, folder=str(path.resolve().parent))


def endpoint(text: str) -> tuple[str, int]:
    """`host:port` or `[v6]:port`. Raises BadConfig."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise BadConfig(f"{text!r} is not host:port")
    return host.strip("[]"), int(port)


def stations(table: LogTable) -> frozenset[bytes] | Literal["any"]:
    """The keys, 32 bytes each, or "any" (clients.sdk.ANY_STATION). Raises BadConfig."""
    if table.stations == "any":
        return "any"
    if not table.stations:
        raise BadConfig(
            "[log] stations: name the public keys of the enrolment stations (`pli keys show`), or say "
            'stations = "any": then the relay can make up a patient for any address'
        )
    try:
        return frozenset(unb64u(station, 32) for station in table.stations)
    except NotCanonical:
        raise BadConfig("[log] stations: each is a public key as `pli keys show` prints it") from None


def _check(found: Config, path: Path) -> None:
    if found.folder:
        raise BadConfig(f"{path}: Object contains unknown field `folder`")
    wrong = [box.address for box in found.mailbox if not is_address(box.address)]
    if wrong or not found.mailbox:
        raise BadConfig(f"{path}: [[mailbox]] needs at least one, each with a plain address; wrong: {wrong}")
    if len({box.address.lower() for box in found.mailbox}) != len(found.mailbox):
        raise BadConfig(f"{path}: a [[mailbox]] address stands twice")
    for text in (found.smtp.listen, *found.outgoing.routes.values(), *filter(None, (found.gateway.metrics,))):
        endpoint(text)
    stations(found.log)
    table = found.whitelist
    if not table.file and not table.url:
        raise BadConfig(f"{path}: [whitelist] needs a url or a file")
    for name, url in (("whitelist", table.url), ("directory", found.directory.url)):
        if url and not url.startswith("https://"):
            raise BadConfig(f"{path}: [{name}] url begins with https://")
    if ":" in found.gateway.database.partition("//")[2].rpartition("@")[0]:
        raise BadConfig(f"{path}: [gateway] database holds a password: put it into a file of mode 0600 (passfile=)")
