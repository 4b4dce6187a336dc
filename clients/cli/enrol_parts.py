"""A part of an enrolment: up to some hundred people whose keys were made, on disk until their letters are written.

Laws: a part is on disk, whole, before the relay hears of anybody in it; what is done again after an interruption is
done with the same keys and codes; where there are second codes they lie elsewhere than the first ones. All of it 0600.
"""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from clients.cli import secretfile
from clients.cli.failing import Stop
from clients.cli.people import Row
from clients.sdk.enrolment import letter_account
from crypto.code import format_code
from crypto.keys import SigningSeed
from messaging.wire.types import EnrolPerson

T = TypeVar("T")


class Made(msgspec.Struct, frozen=True):
    """One person of a part. `code` is as people type it; `fingerprint` as they compare it."""

    row: Row
    person: EnrolPerson
    code: str
    fingerprint: str

    def __repr__(self) -> str:
        return "Made(...)"


class Part(msgspec.Struct, frozen=True):
    """People of one part, in the order of the list."""

    day: str  # YYYY-MM-DD, when it was made
    two_codes: bool
    made: tuple[Made, ...]


@dataclass(frozen=True)
class Places:
    """Where the unfinished parts lie: `firsts` among the letters, `seconds` (a file's path, extended) elsewhere."""

    firsts: Path
    seconds: Path | None = None

    def first(self, number: int) -> Path:
        return self.firsts / f"{number:06}.part"

    def second(self, number: int) -> Path | None:
        return None if self.seconds is None else self.seconds.with_name(f"{self.seconds.name}.{number:06}")

    def unfinished(self) -> list[int]:
        """The numbers of the parts that are there, in order."""
        return sorted(int(path.stem) for path in self.firsts.glob("*.part"))

    def clear(self) -> None:
        """Remove what was begun and is part of nothing: codes that will never open anything."""
        for path in self.firsts.glob("*.new"):
            path.unlink()
        if self.seconds is not None:
            for path in self.seconds.parent.glob(f"{glob.escape(self.seconds.name)}.[0-9]*"):
                number = path.name.removeprefix(f"{self.seconds.name}.").removesuffix(".new")
                if number.isdecimal() and not (path.suffix != ".new" and self.first(int(number)).exists()):
                    path.unlink()


def make(places: Places, number: int, rows: Sequence[Row], now: datetime, station: SigningSeed) -> list[EnrolPerson]:
    """Keys and codes for everybody, kept on disk as part `number`; what the relay is to get."""
    two = places.seconds is not None
    accounts = [
        letter_account(row.kind, row.login, row.addresses, now, by=station, two_codes=two) for row in rows
    ]  # fmt: skip
    seconds = {one.person.account: format_code(one.second) for one in accounts if one.second is not None}
    second = places.second(number)
    if second is not None:
        write_whole(second, msgspec.json.encode(seconds))
    made = tuple(
        Made(row, one.person, format_code(one.code), one.fingerprint) for row, one in zip(rows, accounts, strict=True)
    )
    write_whole(places.first(number), msgspec.json.encode(Part(now.date().isoformat(), two, made)))
    return [one.person for one in accounts]


def kept(places: Places, number: int) -> tuple[Part, dict[str, str]]:
    """A part as it was made, and its second codes by account; none where there is one code. Raises Stop."""
    path, second = places.first(number), places.second(number)
    part = _read(path, Part)
    if part.two_codes != (second is not None):
        codes = "two codes" if part.two_codes else "one code"
        raise Stop(f"{path} was made with {codes}.", "Run it with the same --two-codes as before: it is half done.")
    seconds = {} if second is None else _read(second, dict[str, str])
    if part.two_codes and seconds.keys() != {one.person.account for one in part.made}:
        raise Stop(f"{second} is of another part.", "Run it with the same --letters and --two-codes as before.")
    return part, seconds


def _read(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        raise Stop(f"{path} is missing.", "Run it with the same --letters and --two-codes as before.") from None
    except msgspec.MsgspecError:
        raise Stop(f"{path} is damaged.", "Restore this file, or choose another folder for the letters.") from None


def forget(places: Places, number: int) -> None:
    """The part is done: nothing of it is needed."""
    for path in (places.first(number), places.second(number)):
        if path is not None:
            path.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes) -> None:
    """0600, on disk, and there as a whole or not at all."""
    partly = path.with_name(f"{path.name}.new")
    secretfile.write(partly, data, replace=True)
    partly.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """The names in it are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def in_parts(rows: Iterator[Row], size: int) -> Iterator[list[Row]]:
    """`size` at a time."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
