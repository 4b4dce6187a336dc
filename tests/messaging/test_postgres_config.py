"""Settings of a relay among several: what they come to, and what is refused with a sentence that says what to write."""

from pathlib import Path

import pytest

from messaging.server.config import BadConfig, Config, load
from messaging.store.link import Where
from messaging.store.s3place import S3Place


def _load(tmp_path: Path, more: str) -> Config:
    (tmp_path / "relay.toml").write_text(f'[relay]\ndata = "d"\n{more}')
    return load(tmp_path / "relay.toml")


def test_without_further_settings_it_is_one_machine(tmp_path: Path) -> None:
    config = _load(tmp_path, "")
    assert (config.database, config.s3, config.nats, config.poll) == (None, None, (), 4)


def test_a_database_a_bus_and_a_bucket_are_taken_with_files_beside_the_settings(tmp_path: Path) -> None:
    config = _load(
        tmp_path,
        """
        [store]
        database = "postgresql://pli@db:5432/pli?sslmode=verify-full"
        password_file = "db.password"
        [bus]
        nats = ["nats://one:4222", "tls://two:4222"]
        credentials = "nats.creds"
        poll_seconds = 1
        [blobs]
        s3 = { bucket = "b", endpoint = "https://s3", key_id = "k", secret_file = "s3.secret" }
        """,
    )
    assert config.database == Where("postgresql://pli@db:5432/pli?sslmode=verify-full", tmp_path / "db.password")
    assert config.nats == ("nats://one:4222", "tls://two:4222")
    assert (config.nats_credentials, config.poll) == (tmp_path / "nats.creds", 1)
    assert config.s3 == S3Place("b", "https://s3", "us-east-1", "k", tmp_path / "s3.secret")


@pytest.mark.parametrize(
    ("more", "hint"),
    [('[store]\ndatabase = "mysql://x"', "postgresql://user@host"),
     ('[store]\ndatabase = "postgresql://pli:geheim@db/pli"', "password_file"),
     ('[store]\ndatabase = "postgresql://db/pli?user=pli&password=geheim"', "password_file"),
     ('[store]\nuser = "pli"', "user"),
     ('[bus]\nnats = "http://bus:4222"', "nats://host:4222"), ('[bus]\nnats = ["nats://"]', "nats://host:4222"),
     ('[bus]\nnats = "nats://geheim@bus:4222"', "credentials file"),
     ("[bus]\npoll_seconds = 30", "0.05 to 4"), ("[bus]\npoll_seconds = 0", "0.05 to 4"),
     ("[blobs]\ns3 = {}", "bucket"), ('[blobs]\ns3 = { bucket = "b", key_id = "k" }', "secret_file"),
     ('[blobs]\ns3 = { bucket = "b", endpoint = "s3.internal" }', "https://host"),
     ('[blobs]\ns3 = { bucket = "b", secret = "geheim" }', "secret")],
)  # fmt: skip
def test_settings_that_cannot_be_used_say_what_to_write_and_no_secret(tmp_path: Path, more: str, hint: str) -> None:
    with pytest.raises(BadConfig, match=hint) as refused:
        _load(tmp_path, more)
    assert "geheim" not in str(refused.value)
