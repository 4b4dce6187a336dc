"""The demonstration's certificates behave as the trust space's: tried in real TLS handshakes in memory."""

import datetime as dt
import ssl
from pathlib import Path

import pytest

from demo import pki

NOW = dt.datetime.now(dt.UTC)
NAME = pki.organisation_name("operateur.mssante.example", "OPERATEUR", "12345678901234")


@pytest.fixture(scope="module")
def authority() -> pki.Authority:
    return pki.make_authority(NOW)


@pytest.fixture(scope="module")
def leaf(authority: pki.Authority) -> pki.Holder:
    return pki.issue(authority, NAME, ("localhost",), NOW)


def test_the_name_is_written_with_the_common_name_first(leaf: pki.Holder) -> None:
    assert leaf.distinguished_name == ("CN=operateur.mssante.example,OU=312345678901234,O=OPERATEUR,ST=Paris (75),C=FR")


def test_a_leaf_is_trusted_by_its_authority(authority: pki.Authority, leaf: pki.Holder, tmp_path: Path) -> None:
    _shake(authority, authority, leaf, tmp_path)


def test_a_leaf_of_another_authority_is_not(authority: pki.Authority, tmp_path: Path) -> None:
    other = pki.make_authority(NOW, "AUTRE")
    with pytest.raises(ssl.SSLError):
        _shake(authority, other, pki.issue(other, NAME, ("localhost",), NOW), tmp_path)


def test_an_expired_leaf_is_not(authority: pki.Authority, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLError, match="expired"):
        _shake(authority, authority, pki.issue(authority, NAME, ("localhost",), NOW, days=(-9, -2)), tmp_path)


def test_a_revoked_leaf_is_not(authority: pki.Authority, leaf: pki.Holder, tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLError, match="revoked"):
        _shake(authority, authority, leaf, tmp_path, pki.revocation_lists(authority, [leaf], NOW))


def test_a_key_file_is_for_its_owner_alone(authority: pki.Authority, leaf: pki.Holder, tmp_path: Path) -> None:
    files = pki.write(leaf, authority, tmp_path, "leaf")
    assert files.key.stat().st_mode & 0o777 == 0o600


def _shake(
    trusted: pki.Authority, issuer: pki.Authority, leaf: pki.Holder, folder: Path, revoked: bytes | None = None
) -> None:
    """One whole handshake in memory; the client checks the server's certificate. Raises ssl.SSLError."""
    files = pki.write(leaf, issuer, folder, "leaf")
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(files.certificate, files.key)
    client = ssl.create_default_context(cadata=trusted.pem.decode() + (revoked or b"").decode())
    if revoked:
        (folder / "revoked.pem").write_bytes(revoked)
        client.load_verify_locations(folder / "revoked.pem")
        client.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(down, up, server_hostname="localhost"), server.wrap_bio(up, down, server_side=True)]
    for end in (*ends, *ends, *ends):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
