"""The operator's queue on disk: one folder, one file pair per mail, written before anything is acknowledged."""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Waiting:
    """One mail on its way to one recipient."""

    name: str
    author: str
    recipient: str
    raw: bytes


@dataclass(frozen=True)
class Spool:
    """The queue in `folder`."""

    folder: Path

    def keep(self, author: str, recipient: str, raw: bytes) -> Waiting:
        """Write one mail durably: content first, then the envelope that makes it count."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = uuid.uuid4().hex
        _write(self.folder / f"{name}.eml", raw)
        _write(self.folder / f"{name}.json", json.dumps({"author": author, "recipient": recipient}).encode())
        return Waiting(name, author, recipient, raw)

    def waiting(self) -> Iterator[Waiting]:
        """All mails that are not done, in no order that matters."""
        for path in sorted(self.folder.glob("*.json")):
            envelope = json.loads(path.read_bytes())
            raw = path.with_suffix(".eml").read_bytes()
            yield Waiting(path.stem, envelope["author"], envelope["recipient"], raw)

    def done(self, waiting: Waiting) -> None:
        """Forget one mail: the envelope first, so that a crash between leaves no half."""
        (self.folder / f"{waiting.name}.json").unlink(missing_ok=True)
        (self.folder / f"{waiting.name}.eml").unlink(missing_ok=True)


def _write(path: Path, raw: bytes) -> None:
    part = path.with_name(path.name + ".part")
    with part.open("wb") as out:
        out.write(raw)
        out.flush()
        os.fsync(out.fileno())
    part.rename(path)
