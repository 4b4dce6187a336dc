"""Where one running Pli keeps its files, and the configuration files of its parts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from demo.names import CLINICIAN_ADDRESS, CLINICIAN_NAME, GATEWAY_HOST, GATEWAY_LOGIN, PATIENT_DOMAIN, Ports
from demo.pki import Files

Value = str | float | list[str]
PRODUCT: Final = "PLI/0.1"


@dataclass(frozen=True)
class Layout:
    """Folders and files below one folder."""

    folder: Path
    ports: Ports

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.ports.relay}"

    @property
    def relay_data(self) -> Path:
        return self.folder / "relay"

    @property
    def gateway_data(self) -> Path:
        return self.folder / "gateway"

    @property
    def witness_data(self) -> Path:
        return self.folder / "witness"

    @property
    def log_url(self) -> str:
        """Where the key log is read."""
        return f"{self.origin}/log"

    @property
    def log_policy(self) -> Path:
        """Whose signatures the key log needs."""
        return self.folder / "log-policy"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def temporary(self) -> Path:
        return self.folder / "tmp"

    @property
    def letters(self) -> Path:
        return self.folder / "letters"

    @property
    def relay_config(self) -> Path:
        return self.folder / "relay.toml"

    @property
    def gateway_config(self) -> Path:
        return self.folder / "gateway.toml"

    @property
    def gateway_key(self) -> Path:
        return self.folder / "gateway.key"

    @property
    def station_key(self) -> Path:
        return self.folder / "station.key"

    @property
    def witness_key(self) -> Path:
        return self.folder / "witness.key"


@dataclass(frozen=True)
class Trust:
    """The gateway's certificates and what it trusts."""

    gateway: Files
    authority: Path
    revoked_list: Path
    whitelist: Path
    signer_subject: str


def write_relay_config(layout: Layout, web: Path) -> None:
    """relay.toml; `web` is the folder of the built web client."""
    sections: dict[str, dict[str, Value]] = {
        "relay": {
            "origin": layout.origin,
            "listen": f"127.0.0.1:{layout.ports.relay}",
            "data": str(layout.relay_data),
            "web": str(web),
            "log": "json",
        },
        "log": {"policy": str(layout.log_policy)},
    }
    layout.relay_config.write_text(_toml(sections))


def write_log_policy(layout: Layout, log_lines: str, vkey: str, port: int) -> None:
    """The policy of a log that one witness has to cosign; `log_lines` name the log's keys, `vkey` is the witness's."""
    named = f"witness temoin {vkey} http://127.0.0.1:{port}\nquorum temoin\n"
    layout.log_policy.write_text(log_lines + named)


def witness_port(layout: Layout) -> int | None:
    """Where the policy says that the witness listens; None without a policy. It is never written anew."""
    if not layout.log_policy.exists():
        return None
    return int(re.findall(r"http://127\.0\.0\.1:(\d+)$", layout.log_policy.read_text(), re.MULTILINE)[-1])


def write_gateway_config(layout: Layout, trust: Trust, routes: Mapping[str, str], station: str) -> None:
    """gateway.toml; `routes` is host:port by mail domain, `station` the public key of the enrolment station."""
    certificate = {"certificate": str(trust.gateway.certificate), "key": str(trust.gateway.key)}
    listen, lists = (
        f"127.0.0.1:{layout.ports.gateway}",
        {"client_ca": str(trust.authority), "crl": str(trust.revoked_list)},
    )
    sections: dict[str, dict[str, Value]] = {
        "gateway": {
            "relay": layout.origin,
            "login": GATEWAY_LOGIN,
            "key_file": str(layout.gateway_key),
            "data": str(layout.gateway_data),
            "patient_domain": PATIENT_DOMAIN,
            "hostname": GATEWAY_HOST,
            "product": PRODUCT,
        },
        "smtp": {"listen": listen, **certificate, **lists},
        # Short waits: nobody wants to sit before a demonstration for five minutes after a refused connection.
        "outgoing": {
            **certificate,
            "ca": str(trust.authority),
            "first_retry_seconds": 2.0,
            "longest_retry_seconds": 30.0,
        },
        "outgoing.routes": dict(routes),
        "whitelist": {
            "file": str(trust.whitelist),
            "signer_ca": str(trust.authority),
            "signer_subject": trust.signer_subject,
        },
        "log": {"policy": str(layout.log_policy), "stations": [station]},
        "[mailbox]": {"address": CLINICIAN_ADDRESS, "name": CLINICIAN_NAME, "kind": "professional"},
    }
    layout.gateway_config.write_text(_toml(sections))


def _toml(sections: Mapping[str, Mapping[str, Value]]) -> str:
    return "\n".join(
        f"[{name}]\n" + "".join(_line(*item) for item in values.items()) for name, values in sections.items()
    )


def _line(name: str, value: Value) -> str:
    # A quoted key is allowed everywhere and needed for domains; JSON's string is a TOML basic string.
    return f"{json.dumps(name)} = {json.dumps(value, ensure_ascii=False)}\n"
