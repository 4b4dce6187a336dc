"""The demonstration's own trust space on disk: its authority, the gateway, the operator, the white list. Made once."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from demo import pki
from demo.layout import Trust
from demo.names import CLINIC_DOMAIN, GATEWAY_HOST, OPERATOR_HOST
from demo.whitelist import SIGNER_COMMON_NAME, Domain, write_list

GATEWAY = pki.organisation_name(GATEWAY_HOST, "PLI DEMONSTRATION", "22222222200022")
OPERATOR = pki.organisation_name("operateur.mssante.example", "OPERATEUR DEMONSTRATION", "12345678901234")
SIGNER = pki.organisation_name(SIGNER_COMMON_NAME, "AGENCE DEMONSTRATION", "33333333300033")
_HERE = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Space:
    """What the gateway trusts, and the operator's own files."""

    trust: Trust
    operator: pki.Files


def open_space(folder: Path, now: dt.datetime) -> Space:
    """The trust space in `folder`; made anew when it is not there or older than three weeks (its lists age)."""
    done = folder / "done"
    if not done.exists() or now.timestamp() - done.stat().st_mtime > 21 * 86_400:
        _make(folder, now)
        done.touch()
    trust = Trust(
        gateway=pki.Files(folder / "gateway.pem", folder / "gateway.key"),
        authority=folder / "authority.pem",
        revoked_list=folder / "revoked.pem",
        whitelist=folder / "whitelist.xml",
        signer_subject=SIGNER.rfc4514_string(),
    )
    return Space(trust, pki.Files(folder / "operator.pem", folder / "operator.key"))


def _make(folder: Path, now: dt.datetime) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    tree = pki.make_authority(now)
    pki.write(pki.issue(tree, GATEWAY, (GATEWAY_HOST, *_HERE), now), tree, folder, "gateway")
    pki.write(pki.issue(tree, OPERATOR, (OPERATOR_HOST, *_HERE), now), tree, folder, "operator")
    signer = pki.issue(tree, SIGNER, (SIGNER_COMMON_NAME,), now)
    (folder / "authority.pem").write_bytes(tree.pem)
    (folder / "revoked.pem").write_bytes(pki.revocation_lists(tree, [], now))
    listed = [Domain(CLINIC_DOMAIN, OPERATOR.rfc4514_string())]
    (folder / "whitelist.xml").write_bytes(write_list(listed, signer, tree, now))
