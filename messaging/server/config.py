"""The relay's settings: one TOML file, read once, with errors that say what to write instead."""

import tomllib
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from messaging.relay.rates import Allowed
from messaging.server.peers import Network


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


class _File(msgspec.Struct, forbid_unknown_fields=True):
    relay: _Relay
    log: _Log = msgspec.field(default_factory=_Log)
    limits: _Limits = msgspec.field(default_factory=_Limits)


@dataclass(frozen=True)
class Config:
    """Checked settings. `web` None: none was named and none is shipped. `certificate` and `key`: both or neither.

    `policy` None: the key log is trusted for its own signatures alone. `skipped_witnesses` of it are not asked.
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
    trusted_proxies: tuple[Network, ...] = ()
    policy: Path | None = None
    skipped_witnesses: tuple[str, ...] = ()

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
        trusted_proxies=tuple(_network(text) for text in relay.trusted_proxies),
        policy=folder / found.log.policy if found.log.policy else None,
        skipped_witnesses=tuple(found.log.skip),
    )


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
