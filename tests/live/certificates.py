"""The certificates of one live test: a trusted tree with all good and bad peers, and a foreign tree."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from demo import pki
from demo.names import CLINIC_DOMAIN, GATEWAY_HOST, OPERATOR_HOST
from demo.whitelist import SIGNER_COMMON_NAME, Domain, write_list
from tests.bridges.responder import Responder, extensions

OPERATOR = pki.organisation_name("operateur.mssante.example", "OPERATEUR DEMO", "12345678901234")
SAME_COMMON_NAME = pki.organisation_name("operateur.mssante.example", "AUTRE ORGANISATION", "99999999901234")
GATEWAY = pki.organisation_name(GATEWAY_HOST, "PLI DEMO", "22222222200022")
SIGNER = pki.organisation_name(SIGNER_COMMON_NAME, "AGENCE DEMO", "33333333300033")
HERE = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Certificates:
    """All files of the tree, below one folder."""

    authority: Path
    revoked_list: Path
    whitelist: Path
    signer_subject: str
    gateway: pki.Files
    operator: pki.Files
    expired: pki.Files
    revoked: pki.Files
    withdrawn: pki.Files  # revoked as well, but only the responder knows
    vouched: pki.Files  # good, by the responder's word
    unlisted: pki.Files
    same_common_name: pki.Files
    foreign: pki.Files


def make(folder: Path, now: dt.datetime, tree: pki.Authority, responder: Responder, place: str) -> Certificates:
    """Issue and write everything; `responder`, at `place`, learns what it must say.

    The folder and the files in it can be read by other users: they serve tests only."""
    folder.mkdir(parents=True, exist_ok=True)
    other = pki.make_authority(now, "AUTRE AUTORITE")

    def leaf(stem: str, name: x509.Name, above: pki.Authority = tree, days: tuple[int, int] = (-1, 365)) -> pki.Files:
        hosts = (GATEWAY_HOST if name == GATEWAY else OPERATOR_HOST, *HERE)
        return pki.write(pki.issue(above, name, hosts, now, days=days), above, folder, stem)

    revoked = pki.issue(tree, OPERATOR, (OPERATOR_HOST, *HERE), now)
    asking = extensions(place, lists=False)
    withdrawn, vouched = (pki.issue(tree, OPERATOR, (OPERATOR_HOST, *HERE), now, extensions=asking) for _ in range(2))
    responder.known |= {each.certificate.serial_number: each.certificate for each in (withdrawn, vouched)}
    responder.revoked.add(withdrawn.certificate.serial_number)
    signer = pki.issue(tree, SIGNER, (SIGNER_COMMON_NAME,), now)
    listed = [Domain(CLINIC_DOMAIN, OPERATOR.rfc4514_string()), Domain("autre.mssante.example", "CN=autre,C=FR")]
    _put(folder / "authority.pem", tree.pem)
    _put(folder / "revoked.pem", pki.revocation_lists(tree, [revoked], now))
    _put(folder / "whitelist.xml", write_list(listed, signer, tree, now))
    unlisted = pki.organisation_name("inconnu.mssante.example", "OPERATEUR INCONNU", "44444444400044")
    return Certificates(
        authority=folder / "authority.pem",
        revoked_list=folder / "revoked.pem",
        whitelist=folder / "whitelist.xml",
        signer_subject=signer.distinguished_name,
        gateway=leaf("gateway", GATEWAY),
        operator=leaf("operator", OPERATOR),
        expired=leaf("expired", OPERATOR, days=(-30, -2)),
        revoked=pki.write(revoked, tree, folder, "revoked-leaf"),
        withdrawn=pki.write(withdrawn, tree, folder, "withdrawn"),
        vouched=pki.write(vouched, tree, folder, "vouched"),
        unlisted=leaf("unlisted", unlisted),
        same_common_name=leaf("same-common-name", SAME_COMMON_NAME),
        foreign=leaf("foreign", OPERATOR, above=other),
    )


def _put(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
