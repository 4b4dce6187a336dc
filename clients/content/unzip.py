"""A ZIP archive from a stranger, as paths and bytes. Everything is checked before anything is inflated.

Refused: too many or too large entries, a ratio over the limit, entries that overlap, encryption, links, names that
leave the folder, names given twice. CPython's zipfile alone accepts several of these (34 KB of overlaps claim 2.5 GB).
"""

import io
import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass

_LOCAL = struct.Struct("<4s5H3L2H")
_LINK_OR_DEVICE = (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)


class NotAnArchive(ValueError):
    """Why an archive was refused, in a word: `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Limits:
    """Bytes of the archive and of all that is in it; `ratio` of inflated to deflated bytes of one entry."""

    archive: int = 50_000_000
    total: int = 100_000_000
    entries: int = 500
    ratio: int = 200
    depth: int = 8


def entries(raw: bytes, limits: Limits) -> dict[str, bytes]:
    """Files by path with slashes; folders left out. Raises NotAnArchive."""
    if len(raw) > limits.archive:
        raise NotAnArchive("too large")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            listed = _checked(archive.infolist(), raw, limits)
            return {path: _inflate(archive, entry) for path, entry in listed.items()}
    except (
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        EOFError,
        zlib.error,
        struct.error,
        OSError,
    ) as error:
        raise NotAnArchive("damaged") from error


def _checked(listed: list[zipfile.ZipInfo], raw: bytes, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    if len(listed) > limits.entries:
        raise NotAnArchive("too many entries")
    if sum(entry.file_size for entry in listed) > limits.total:
        raise NotAnArchive("too large inside")
    _refuse_overlaps(listed, raw)
    found: dict[str, zipfile.ZipInfo] = {}
    for entry in listed:
        _refuse_kind(entry, limits)
        if not entry.is_dir() and not entry.filename.endswith("\\"):
            found[_path(entry, limits)] = entry
    if len({path.upper() for path in found}) != sum(not e.is_dir() and not e.filename.endswith("\\") for e in listed):
        raise NotAnArchive("a name twice")
    return found


def _refuse_kind(entry: zipfile.ZipInfo, limits: Limits) -> None:
    if not entry.filename:  # zipfile's own is_dir() looks at the last character
        raise NotAnArchive("no name")
    if entry.flag_bits & 0x1:
        raise NotAnArchive("encrypted")
    if stat.S_IFMT(entry.external_attr >> 16) in _LINK_OR_DEVICE:
        raise NotAnArchive("a link or device")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotAnArchive("compression")
    if entry.file_size > 4096 and entry.file_size > limits.ratio * max(entry.compress_size, 1):
        raise NotAnArchive("ratio")


def _refuse_overlaps(listed: list[zipfile.ZipInfo], raw: bytes) -> None:
    end = 0
    for entry in sorted(listed, key=lambda each: each.header_offset):
        if entry.header_offset < end:
            raise NotAnArchive("overlap")
        signature, *_, name, extra = _LOCAL.unpack_from(raw, entry.header_offset)
        if signature != b"PK\x03\x04":
            raise NotAnArchive("damaged")
        end = entry.header_offset + _LOCAL.size + name + extra + entry.compress_size
    if end > len(raw):
        raise NotAnArchive("damaged")


def _path(entry: zipfile.ZipInfo, limits: Limits) -> str:
    path = entry.orig_filename.replace("\\", "/")
    parts = path.split("/")
    odd = any(part in ("", ".", "..") or part.endswith(":") for part in parts)
    if odd or len(path) > 255 or len(parts) > limits.depth or any(c < " " for c in path) or ":" in parts[0]:
        raise NotAnArchive("a name that leaves the folder")
    return path


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with archive.open(entry) as stream:
        data = stream.read(
            entry.file_size + 1
        )  # never more than was said and counted; reading to the end checks the CRC
    if len(data) != entry.file_size:
        raise NotAnArchive("damaged")
    return data
