"""Blobs in an S3 bucket: `g/ab/b<hash>`, where g is the day of the upload modulo four.

Laws: a blob that has its name is whole, and S3 has said that it keeps it. Objects are removed only from the generation
that nobody writes to for a day before and after: so a removal never takes what another relay uploads anew meanwhile.
"""

import errno
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import time
from typing import Final

import obstore
from obstore.exceptions import BaseError, NotFoundError

from messaging.store.s3place import S3Place

_GENERATIONS: Final = 4
_DAY: Final = 86_400
_WHOLE: Final = 8 << 20  # up to here in one request, which needs no clearing up when it is broken off
_PLACES_MOST: Final = 10_000


class S3Blobs:
    """See messaging.relay.ports.Blobs. Whatever keeps S3 from answering is an OSError, as of a disk."""

    def __init__(
        self, place: S3Place, arriving: Path, now: Callable[[], float] = time, *, beside: bool = False
    ) -> None:
        """`beside`: a relay may be at work on it. Raises OSError where the bucket is not there or not ours."""
        self._store = place.open()
        self._arriving = arriving
        self._now = now
        self._places: dict[str, int] = {}
        arriving.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in () if beside else arriving.iterdir():
            left.unlink()
        with _as_disk():
            next(iter(obstore.list(self._store, "0/00", chunk_size=1)), None)

    def receive(self) -> "S3Incoming":
        """A place for bytes that arrive."""
        return S3Incoming(self, self._arriving)

    def size(self, blob: str) -> int | None:
        """Bytes, or None where there is no such blob."""
        found = self._find(blob)
        return None if found is None else found[1]

    def read(self, blob: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`. Raises FileNotFoundError."""
        known = self._places.get(blob)
        if known is None:
            found = self._find(blob)
            if found is None:
                raise FileNotFoundError(errno.ENOENT, "no such blob")
            known = found[0]
        try:
            with _as_disk():
                return bytes(obstore.get_range(self._store, _key(known, blob), start=start, length=length))
        except FileNotFoundError:
            self._places.pop(blob, None)
            raise

    def older_than(self, moment: datetime, part: int) -> list[str]:
        """Those of one of the 256 parts that may be removed today, uploaded before `moment`."""
        with _as_disk():
            pages = obstore.list(self._store, f"{self._removable()}/{part:02x}")
            return [one["path"].rpartition("/")[2] for page in pages for one in page if one["last_modified"] < moment]

    def remove(self, blobs: Sequence[str], older_than: datetime) -> int:
        """Remove those that were uploaded before `older_than`, of the generation that may be; how many."""
        return sum(self._remove(_key(self._removable(), blob), older_than) for blob in blobs)

    def keep(self, blob: str, file: Path, size: int) -> None:
        """Upload; S3 has it when this returns. Raises OSError."""
        generation = self._today()
        with _as_disk():
            obstore.put(self._store, _key(generation, blob), file, use_multipart=None if size > _WHOLE else False)
        self._remember(blob, generation)

    def _remove(self, key: str, older_than: datetime) -> bool:
        try:
            with _as_disk():
                if obstore.head(self._store, key)["last_modified"] >= older_than:
                    return False
                obstore.delete(self._store, key)
        except FileNotFoundError:
            return False
        self._places.pop(key.rpartition("/")[2], None)
        return True

    def _find(self, blob: str) -> tuple[int, int] | None:
        for back in range(_GENERATIONS):
            generation = (self._today() - back) % _GENERATIONS
            try:
                with _as_disk():
                    size = int(obstore.head(self._store, _key(generation, blob))["size"])
            except FileNotFoundError:
                continue
            self._remember(blob, generation)
            return generation, size
        return None

    def _remember(self, blob: str, generation: int) -> None:
        if len(self._places) >= _PLACES_MOST:
            self._places.clear()
        self._places[blob] = generation

    def _today(self) -> int:
        return int(self._now() // _DAY) % _GENERATIONS

    def _removable(self) -> int:
        return (self._today() + _GENERATIONS // 2) % _GENERATIONS


class S3Incoming:
    """See messaging.relay.ports.Incoming. Sealed bytes wait on this disk until they are whole; no more than that."""

    def __init__(self, blobs: S3Blobs, folder: Path) -> None:
        self._blobs = blobs
        self._file = NamedTemporaryFile(dir=folder, delete=False)  # noqa: SIM115 - lives as long as the upload
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """The next bytes."""
        self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    def keep(self) -> str:
        """Let S3 keep it under its name. Returns the blob id. Raises OSError."""
        blob = "b" + self._hash.hexdigest()
        self._file.close()
        self._blobs.keep(blob, Path(self._file.name), self.size)
        self.discard()
        return blob

    def discard(self) -> None:
        """Forget it; after keep() it does nothing."""
        with suppress(OSError):  # a disk without room refuses what was not written yet once more
            self._file.close()
        Path(self._file.name).unlink(missing_ok=True)


@contextmanager
def _as_disk() -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as error:
        raise FileNotFoundError(errno.ENOENT, "no such blob") from error
    except BaseError as error:
        # The text of it may name the bucket, the key and more.
        raise OSError(errno.EIO, "S3 did not answer") from error


def _key(generation: int, blob: str) -> str:
    return f"{generation}/{blob[1:3]}/{blob}"
