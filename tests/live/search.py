"""Finds a text in files in every shape that a leak could have: raw, base64, UTF-16, and inside compressed streams."""

import base64
import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_INFLATED: Final = 4_000_000  # bytes taken from one stream
SHORTEST_STREAM: Final = 24  # inflated bytes; anything shorter cannot hold a canary
_ZLIB_HEADERS: Final = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


@dataclass(frozen=True)
class Found:
    """Where a canary was seen. `how` names the shape; the canary itself is named by its own label."""

    label: str
    path: str
    how: str


def look(canaries: dict[str, str], paths: Iterable[Path]) -> list[Found]:
    """Every canary (label -> text) in every file below `paths`."""
    needles = [(label, how, needle) for label, text in canaries.items() for how, needle in shapes(text)]
    return [found for path in _files(paths) for found in _in_file(needles, path)]


def look_in(canaries: dict[str, str], raw: bytes, name: str) -> list[Found]:
    """The same in bytes that are not a file."""
    needles = [(label, how, needle) for label, text in canaries.items() for how, needle in shapes(text)]
    return list(_in_bytes(needles, raw, name, ""))


def shapes(text: str) -> Iterator[tuple[str, bytes]]:
    """Each way in which `text` may stand in uncompressed bytes."""
    yield "raw", text.encode()
    yield "UTF-16LE", text.encode("utf-16-le")
    yield "UTF-16BE", text.encode("utf-16-be")
    yield "hex", text.encode().hex().encode()
    yield from _in_base64(text)


def _in_base64(text: str) -> Iterator[tuple[str, bytes]]:
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + text.encode())
        # What depends on the neighbours is cut: the first characters after a shift, the last group.
        inner = encoded[(0, 2, 3)[shift] : len(encoded) - 4]
        yield f"base64+{shift}", inner
        if b"+" in inner or b"/" in inner:
            yield f"base64url+{shift}", inner.translate(bytes.maketrans(b"+/", b"-_"))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (inner for inner in sorted(path.rglob("*")) if inner.is_file())
        elif path.is_file():
            yield path


def _in_file(needles: list[tuple[str, str, bytes]], path: Path) -> Iterator[Found]:
    for label, how, needle in needles:
        if needle in str(path).encode():
            yield Found(label, str(path), f"file name, {how}")
    yield from _in_bytes(needles, path.read_bytes(), str(path), "")


def _in_bytes(needles: list[tuple[str, str, bytes]], raw: bytes, path: str, inside: str) -> Iterator[Found]:
    flat = raw.replace(b"\r\n", b"").replace(b"\n", b"")  # base64 of mail is folded
    for label, how, needle in needles:
        if needle in raw or needle in flat:
            yield Found(label, path, inside + how)
    if inside.count("inflated") < 2:
        for name, stream in _streams(raw):
            yield from _in_bytes(needles, stream, path, f"{inside}inflated {name}, ")


def _streams(raw: bytes) -> Iterator[tuple[str, bytes]]:
    for header in _ZLIB_HEADERS:
        yield from (("zlib", out) for at in _places(raw, header) if (out := _inflate(raw[at:], zlib.MAX_WBITS)))
    yield from (("gzip", out) for at in _places(raw, b"\x1f\x8b\x08") if (out := _inflate(raw[at:], 31)))
    # A bare deflate stream has no header: every place that inflates to something long enough is looked at.
    view = memoryview(raw)
    yield from (("deflate", out) for at in range(len(raw)) if (out := _probe(view[at:])))


def _places(raw: bytes, wanted: bytes) -> Iterator[int]:
    at = raw.find(wanted)
    while at >= 0:
        yield at
        at = raw.find(wanted, at + 1)


def _probe(view: memoryview) -> bytes:
    """The inflated bytes at a place, when its first bytes inflate at all: cheap, for it is asked at every byte."""
    head = _inflate(view[:512], -zlib.MAX_WBITS)
    if len(head) < SHORTEST_STREAM:
        return b""
    return head if len(view) <= 512 else _inflate(view, -zlib.MAX_WBITS) or head


def _inflate(raw: bytes | memoryview, bits: int) -> bytes:
    try:
        return zlib.decompressobj(bits).decompress(raw, MOST_INFLATED)
    except zlib.error:
        return b""


def plant(folder: Path, text: str) -> dict[str, Path]:
    """Files that hold `text` in each shape, by the name of the shape: the search must find all of them."""
    noise = bytes(range(256)) * 3
    message = f"avant {text} après".encode()
    raw_deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    planted = {
        "raw": message,
        "base64": base64.b64encode(b"x" + message),
        "base64 folded": base64.encodebytes(noise[:70] + message + noise[:70]),
        "base64url": base64.urlsafe_b64encode(b"xy" + message),
        "UTF-16LE": message.decode().encode("utf-16-le"),
        "UTF-16BE": message.decode().encode("utf-16-be"),
        "gzip": gzip.compress(message),
        "zlib": zlib.compress(message),
        "deflate": raw_deflate.compress(message) + raw_deflate.flush(),
        "gzip of zlib": gzip.compress(zlib.compress(message)),
    }
    paths = {name: folder / f"{number}.bin" for number, name in enumerate(planted)}
    for name, path in paths.items():
        path.write_bytes(noise + planted[name] + noise)
    return paths
