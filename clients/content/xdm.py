"""IHE XDM archives: IHE_XDM.zip as MSSanté sends it. Real ones vary (backslashes, a folder on top, any case).

Laws: read(write(documents)) gives the documents back; nothing is inflated before names, sizes and places were checked;
whatever is wrong, NotXdm and nothing else leaves. Source: IHE ITI TF-2, 3.32.
"""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from clients.content import xdm_metadata, xdm_pages, xdm_registry
from clients.content.unzip import Limits, NotAnArchive, entries
from clients.content.xdm_metadata import XdmMetadata

__all__ = ["Limits", "NotXdm", "XdmDocument", "XdmMetadata", "read", "write"]

_FOLDER: Final = "IHE_XDM/"
_SUBSET: Final = "IHE_XDM/SUBSET01/"
_METADATA: Final = "METADATA.XML"


class NotXdm(ValueError):
    """An archive that is not IHE XDM, or that is not safe to read; `reason` is a word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class XdmDocument:
    """`path` is relative to its SUBSET folder, with slashes; `metadata` None where the archive says nothing of it."""

    path: str
    data: bytes
    metadata: XdmMetadata | None = None


def read(raw: bytes, limits: Limits = Limits()) -> tuple[XdmDocument, ...]:  # noqa: B008 - frozen
    """The documents of every SUBSET folder. Raises NotXdm, also where a size or hash differs from the metadata's."""
    try:
        files = _inside(entries(raw, limits))
    except NotAnArchive as error:
        raise NotXdm(error.reason) from error
    found = [document for subset in _subsets(files) for document in _documents(files, subset)]
    if not found:
        raise NotXdm("empty")
    return tuple(found)


def write(documents: Sequence[XdmDocument], product: str, now: datetime) -> bytes:
    """An archive of these documents, which all have metadata (ValueError), for one patient."""
    described = tuple(_listed(document) for document in documents)
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, "INDEX.HTM", xdm_pages.index(described, product).encode(), now)
        _put(archive, "README.TXT", xdm_pages.readme(product).encode(), now)
        _put(archive, _SUBSET + _METADATA, xdm_registry.to_xml(described, now), now)
        for document in documents:
            _put(archive, _SUBSET + document.path, document.data, now)
    return sink.getvalue()


def _listed(document: XdmDocument) -> xdm_metadata.Listed:
    if document.metadata is None:
        raise ValueError("a document without metadata")
    # SHA-1 is what IHE names: it finds a damaged file, it proves nothing.
    digest = hashlib.sha1(document.data, usedforsecurity=False).hexdigest()
    return xdm_metadata.Listed(document.path, len(document.data), digest, document.metadata)


def _put(archive: zipfile.ZipFile, name: str, data: bytes, now: datetime) -> None:
    entry = zipfile.ZipInfo(name, (max(now.year, 1980), now.month, now.day, now.hour, now.minute, now.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def _inside(files: dict[str, bytes]) -> dict[str, bytes]:
    """What is below IHE_XDM/, wherever that folder stands, by path from there."""
    found: dict[str, bytes] = {}
    for path, data in files.items():
        at = f"/{path.upper()}".find(f"/{_FOLDER}")
        if at >= 0:
            found[path[at + len(_FOLDER) :]] = data
    return found


def _subsets(files: dict[str, bytes]) -> list[str]:
    return sorted({path.split("/")[0] for path in files if path.count("/") >= 1})


def _documents(files: dict[str, bytes], subset: str) -> list[XdmDocument]:
    inside = {path[len(subset) + 1 :]: data for path, data in files.items() if path.startswith(f"{subset}/")}
    metadata = next((data for path, data in inside.items() if path.upper() == _METADATA), None)
    plain = {path: data for path, data in inside.items() if path.upper() != _METADATA}
    if metadata is None:
        return [XdmDocument(path, data) for path, data in plain.items()]
    try:
        listed = xdm_metadata.from_xml(metadata)
    except ValueError as error:
        raise NotXdm("metadata") from error
    return [_found(plain, item) for item in listed]


def _found(files: dict[str, bytes], listed: xdm_metadata.Listed) -> XdmDocument:
    wanted = listed.path.replace("\\", "/").removeprefix("./").upper()
    path, data = next(((p, d) for p, d in files.items() if p.upper() == wanted), ("", None))
    if data is None:
        raise NotXdm("missing document")
    if listed.size not in (None, len(data)):
        raise NotXdm("size")
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    if listed.sha1 is not None and listed.sha1.lower() != digest:
        raise NotXdm("hash")
    return XdmDocument(path, data, listed.metadata)
