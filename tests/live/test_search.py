"""The search for canaries does find them: without this, a clean result would say nothing."""

import secrets
from pathlib import Path

import pytest

from tests.live.search import look, look_in, plant

SHAPES = (
    "raw",
    "base64",
    "base64 folded",
    "base64url",
    "UTF-16LE",
    "UTF-16BE",
    "gzip",
    "zlib",
    "deflate",
    "gzip of zlib",
)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_planted_canary_is_found(shape: str, tmp_path: Path) -> None:
    canary = f"canari-{secrets.token_hex(8)}"
    path = plant(tmp_path, canary)[shape]
    assert [found.label for found in look({"subject": canary}, [path])]


def test_a_canary_in_a_file_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "canari-0123456789.pdf").write_bytes(b"nothing")
    assert look({"name": "canari-0123456789"}, [tmp_path])[0].how == "file name, raw"


def test_noise_holds_no_canary() -> None:
    assert look_in({"text": f"canari-{secrets.token_hex(8)}"}, secrets.token_bytes(100_000), "noise") == []
