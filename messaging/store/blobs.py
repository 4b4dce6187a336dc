"""Blobs on a local disk: `ab/cd/b<hash>`, written to a temporary file, flushed, renamed, the folder flushed.

Laws: a blob that has its name is whole and is on the disk; its name is the hash of its bytes.
"""

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock


class LocalBlobs:
    """See messaging.relay.ports.Blobs."""

    def __init__(self, folder: Path, *, beside: bool = False) -> None:
        """`beside`: a relay may be at work on it, and what arrives there is its own."""
        self._folder = folder
        self._arriving = folder / "arriving"
        self._arriving.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = Lock()  # a blob must not be removed between its second upload and that upload's commit
        self._linked: set[Path] = set()  # folders whose own names are on the disk, as far as this process knows
        for left in () if beside else self._arriving.iterdir():
            left.unlink()

    def receive(self) -> "LocalIncoming":
        """A place for bytes that arrive."""
        return LocalIncoming(self)

    def size(self, blob: str) -> int | None:
        """Bytes, or None where there is no such blob."""
        try:
            return self.path(blob).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, blob: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`. Raises FileNotFoundError."""
        with self.path(blob).open("rb") as file:
            file.seek(start)
            return file.read(length)

    def remove(self, blobs: Sequence[str], older_than: datetime) -> int:
        """Remove those that were last uploaded before `older_than`; how many."""
        return sum(self._remove(blob, older_than.timestamp()) for blob in blobs)

    def older_than(self, moment: datetime, part: int) -> list[str]:
        """The blobs of one of the 256 parts that were last uploaded before `moment`."""
        found = self._folder.glob(f"{part:02x}/??/b*")
        return [path.name for path in found if path.stat().st_mtime < moment.timestamp()]

    def path(self, blob: str) -> Path:
        """Where a blob is or would be."""
        return self._folder / blob[1:3] / blob[3:5] / blob

    def _remove(self, blob: str, older_than: float) -> bool:
        path = self.path(blob)
        with self._lock:
            if not path.exists() or path.stat().st_mtime >= older_than:
                return False
            path.unlink()
            return True

    def _rename(self, temporary: str, blob: str) -> None:
        path = self.path(blob)
        folder, above = path.parent, path.parent.parent
        if folder not in self._linked:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock:
            os.replace(temporary, path)  # noqa: PTH105 - for each upload: Path takes longer than the kernel
        _flush_folder(folder)
        # Whoever made a folder may not have come to flush it: another upload of now, or one before a crash.
        if folder not in self._linked:
            _flush_folder(above)
            self._linked.add(folder)
        if above not in self._linked:
            _flush_folder(self._folder)
            self._linked.add(above)


class LocalIncoming:
    """See messaging.relay.ports.Incoming."""

    def __init__(self, blobs: LocalBlobs) -> None:
        self._blobs = blobs
        self._file = NamedTemporaryFile(dir=blobs._arriving, delete=False)  # noqa: SIM115 - lives as long as the upload
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """The next bytes."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def keep(self) -> str:
        """Flush to disk and give it its name. Returns the blob id."""
        blob = "b" + self._hash.hexdigest()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._blobs._rename(self._file.name, blob)
        return blob

    def discard(self) -> None:
        """Forget it; after keep() it does nothing."""
        with suppress(OSError):  # a disk without room refuses what was not written yet once more
            self._file.close()
        Path(self._file.name).unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
