"""The gateway's key file under a key-encryption key: in a file, and in a real PKCS#11 token in software."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridges.mssante import keyfile
from bridges.mssante.kek import FileKek, kek_of
from bridges.mssante.keyfile import BadKeyFile
from crypto.encoding import b64u

MODULE = "/usr/lib/softhsm/libsofthsm2.so"


def _kek(path: Path, mode: int = 0o600) -> str:
    path.write_text(b64u(os.urandom(32)) + "\n")
    path.chmod(mode)
    return str(path)


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a key in a fresh token. The library reads its configuration once in a process."""
    pkcs11 = pytest.importorskip("pkcs11")
    if not Path(MODULE).exists() or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed: scripts/debian-packages")
    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    (folder / "pin").write_text("4711\n")
    (folder / "pin").chmod(0o600)
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    words = ["--init-token", "--free", "--label", "pli essai", "--pin", "4711", "--so-pin", "0815"]
    subprocess.run(["softhsm2-util", *words], check=True, stdout=subprocess.DEVNULL)
    with pkcs11.lib(MODULE).get_token(token_label="pli essai").open(rw=True, user_pin="4711") as session:
        for label in ("gateway", "another"):
            session.generate_key(pkcs11.KeyType.AES, 256, label=label, store=True)
    yield f"pkcs11:token=pli%20essai;object=gateway?module-path={MODULE}&pin-source=file:{folder}/pin"
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


def test_a_sealed_key_file_shows_nothing_and_gives_the_same_keys(tmp_path: Path) -> None:
    kek, file = _kek(tmp_path / "kek"), tmp_path / "gateway.key"
    made = keyfile.make(file, kek)
    assert b64u(made.root) not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert keyfile.read(file, kek).root == keyfile.make(file, kek).root == made.root


def test_a_key_of_a_token_seals_and_opens(token: str, tmp_path: Path) -> None:
    file = tmp_path / "gateway.key"
    made = keyfile.make(file, token)
    assert b64u(made.root) not in file.read_text()
    assert keyfile.read(file, token).root == made.root


def test_the_key_encryption_key_is_rotated_and_the_keys_stay(token: str, tmp_path: Path) -> None:
    file, first, second = tmp_path / "gateway.key", _kek(tmp_path / "one"), _kek(tmp_path / "two")
    made = keyfile.make(file)
    for before, after in (("", first), (first, second), (second, token), (token, "")):
        assert keyfile.seal_again(file, before, after).root == made.root
        assert keyfile.read(file, after).root == made.root
        with pytest.raises(BadKeyFile):
            keyfile.read(file, before)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_another_key_of_the_same_token_opens_nothing(token: str, tmp_path: Path) -> None:
    keyfile.make(tmp_path / "gateway.key", token)
    with pytest.raises(BadKeyFile, match="does not do it"):
        keyfile.read(tmp_path / "gateway.key", token.replace("object=gateway", "object=another"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("token=pli%20essai", "token=nowhere"),
        ("object=gateway", "object=nothing"),
        (MODULE, "/nowhere.so"),
    ],
)
def test_a_token_that_is_not_there_is_said(old: str, new: str, token: str, tmp_path: Path) -> None:
    with pytest.raises(BadKeyFile, match="does not do it"):
        keyfile.make(tmp_path / "gateway.key", token.replace(old, new))
    assert not (tmp_path / "gateway.key").exists()


def test_a_wrong_pin_is_said_and_never_shown(token: str, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("canari")
    (tmp_path / "pin").chmod(0o600)
    wrong = token.rpartition("file:")[0] + f"file:{tmp_path}/pin"
    with pytest.raises(BadKeyFile) as refused:
        keyfile.make(tmp_path / "gateway.key", wrong)
    assert "canari" not in str(refused.value)


@pytest.mark.parametrize("at", [0, 30, -3])
def test_a_changed_key_file_is_refused(at: int, tmp_path: Path) -> None:
    kek, file = _kek(tmp_path / "kek"), tmp_path / "gateway.key"
    keyfile.make(file, kek)
    head, sealed = file.read_text().split()
    turned = list(sealed)
    turned[at] = "A" if turned[at] != "A" else "B"
    file.write_text(f"{head} {''.join(turned)}\n")
    with pytest.raises(BadKeyFile):
        keyfile.read(file, kek)


def test_a_key_encryption_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadKeyFile, match="0600"):
        keyfile.make(tmp_path / "gateway.key", _kek(tmp_path / "kek", 0o640))
    assert not (tmp_path / "gateway.key").exists()


def test_a_rotation_that_fails_leaves_the_file(tmp_path: Path) -> None:
    kek, file = _kek(tmp_path / "kek"), tmp_path / "gateway.key"
    made, before = keyfile.make(file, kek), file.read_bytes()
    with pytest.raises(BadKeyFile):
        keyfile.seal_again(file, kek, str(tmp_path / "absent"))
    assert file.read_bytes() == before
    assert keyfile.read(file, kek).root == made.root


def test_a_sealed_file_without_its_key_and_a_plain_one_with_a_key_are_told_apart(tmp_path: Path) -> None:
    kek = _kek(tmp_path / "kek")
    keyfile.make(tmp_path / "sealed", kek)
    keyfile.make(tmp_path / "plain")
    with pytest.raises(BadKeyFile, match="kek must name"):
        keyfile.read(tmp_path / "sealed")
    with pytest.raises(BadKeyFile, match="not sealed"):
        keyfile.read(tmp_path / "plain", kek)


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("pkcs11:token=a;object=b?module-path=/x", "pin-source"),
        ("pkcs11:object=b?module-path=/x&pin-source=/y", "token"),
        ("pkcs11:token=a;object=b?module-path=/x&pin-source=/nowhere&pin-value=1", "PIN"),
    ],
)
def test_a_uri_that_does_not_name_a_key_is_refused(uri: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        kek_of(uri)


def test_a_sealing_is_never_the_same_twice(tmp_path: Path) -> None:
    kek = FileKek(Path(_kek(tmp_path / "kek")))
    assert kek.seal(bytes(32)) != kek.seal(bytes(32))
