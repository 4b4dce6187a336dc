"""The journal of an enrolment: what was made and what the relay said, so that an interrupted run goes on.

Laws: a person is written here, and their letter on disk, before the relay hears of them; the same keys are sent again
after an interruption; nothing here opens anything (public keys and wrapped boxes only).
"""

import json
import os
from pathlib import Path

import msgspec

from clients.cli.failing import Stop
from messaging.wire.types import EnrolPerson


class Journal:
    """One file of JSON lines, only ever appended to."""

    def __init__(self, path: Path) -> None:
        self._made: dict[str, EnrolPerson] = {}
        self._done: set[str] = set()
        if path.exists():
            self._load(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._file = os.fdopen(descriptor, "ab")

    def made(self, key: str) -> EnrolPerson | None:
        """What was made for this row, and not refused."""
        return self._made.get(key)

    def is_done(self, key: str) -> bool:
        """Whether the relay has this person."""
        return key in self._done

    def note_made(self, key: str, person: EnrolPerson) -> None:
        """Keys were made and the letter lies on disk."""
        self._made[key] = person
        self._append({"key": key, "made": msgspec.to_builtins(person)})

    def note_done(self, key: str) -> None:
        """The relay has the person."""
        self._done.add(key)
        self._append({"key": key, "done": True})

    def note_refused(self, key: str, reason: str) -> None:
        """The relay does not want this person: the next run makes new keys."""
        self._made.pop(key, None)
        self._append({"key": key, "refused": reason})

    def sync(self) -> None:
        """On disk, before anything is sent."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Write what is left."""
        self.sync()
        self._file.close()

    def _append(self, entry: dict[str, object]) -> None:
        self._file.write(json.dumps(entry).encode() + b"\n")

    def _load(self, path: Path) -> None:
        raw = path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        if len(whole) != len(raw):
            # The last line was cut when the machine stopped; what it would say was not sent to anybody.
            os.truncate(path, len(whole))
        try:
            for line in whole.splitlines():
                self._take(json.loads(line))
        except (ValueError, KeyError, msgspec.ValidationError):
            raise Stop(f"{path} is damaged.", "Choose another folder for the letters, or restore this file.") from None

    def _take(self, entry: dict[str, object]) -> None:
        key = str(entry["key"])
        if "made" in entry:
            self._made[key] = msgspec.convert(entry["made"], EnrolPerson)
        elif "done" in entry:
            self._done.add(key)
        else:
            self._made.pop(key, None)
