"""The gateway's files: configuration and key."""

from pathlib import Path

import pytest

from bridges.account import bridged
from bridges.mssante import keyfile
from bridges.mssante.config import BadConfig, endpoint, load
from bridges.mssante.keyfile import BadKeyFile

SAMPLE = Path(__file__).parents[2] / "docs" / "gateway.sample.toml"


def test_the_sample_file_is_a_configuration() -> None:
    found = load(SAMPLE)
    assert found.mailbox[0].kind == "professional"
    assert found.path(found.gateway.key_file) == SAMPLE.parent / "gateway.key"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("[smtp]", "[smpt]"), "smpt"),
        (("hostname =", "hostnam ="), "hostnam"),
        (("0.0.0.0:25", "0.0.0.0"), "host:port"),
        (("dr.martin@cabinet", "Dr Martin <dr@cabinet"), "[[mailbox]]"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, change: tuple[str, str], words: str) -> None:
    (tmp_path / "gateway.toml").write_text(SAMPLE.read_text().replace(*change))
    with pytest.raises(BadConfig) as found:
        load(tmp_path / "gateway.toml")
    assert words in str(found.value)


def test_an_endpoint_may_be_version_6() -> None:
    assert endpoint("[::1]:25") == ("::1", 25)


def test_a_key_file_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    made = keyfile.make(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert keyfile.make(tmp_path / "key").login.public() == made.login.public()
    assert made.root.hex() not in repr(made)


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    keyfile.make(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(BadKeyFile, match="0600"):
        keyfile.read(tmp_path / "key")


@pytest.mark.parametrize("raw", [b"", b"short", b"\xff" * 43])
def test_a_key_file_without_a_key_is_refused(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "key").write_bytes(raw)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(BadKeyFile):
        keyfile.read(tmp_path / "key")


def test_a_mailbox_has_the_same_account_after_a_lost_disk() -> None:
    first, again = bridged(b"k" * 32, "Dr.Martin@x.example"), bridged(b"k" * 32, "dr.martin@x.example")
    assert (first.account, first.device) == (again.account, again.device)
    assert bridged(b"j" * 32, "dr.martin@x.example").account != first.account
