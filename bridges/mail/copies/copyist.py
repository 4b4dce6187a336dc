"""The service's side of the copies: which documents of a letter get one, and what the process says.

Laws: no document is read here; a document without a copy, for whatever reason, goes as it is and stops no mail.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Final

import msgspec
from structlog.typing import FilteringBoundLogger

from bridges.mail.refusal import CannotRead
from bridges.mail.workers import WorkerDied, Workers
from clients.content.letter import Letter
from clients.content.record import RecordDocument

COMMAND: Final = (sys.executable, "-m", "bridges.mail.copies.process")
LETTER_SECONDS: Final = 60.0  # for all documents of one letter
_COPIED: Final = frozenset({"cda-r2", "pdf", "image", "text"})


class Wanted(msgspec.Struct, frozen=True):
    """A document to copy; `at`: seconds since 1970."""

    data: bytes
    type: str
    format: str
    title: str
    above: tuple[str, ...]
    at: int


class Copied(msgspec.Struct, frozen=True, tag="copied"):
    """The PDF/A-1."""

    data: bytes


class Left(msgspec.Struct, frozen=True, tag="left"):
    """No copy. `reason` is a word for log and metrics."""

    reason: str


Outcome = Copied | Left
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Outcome)


class Copyist:
    """`workers` run COMMAND."""

    def __init__(self, workers: Workers, log: FilteringBoundLogger, seconds: float = LETTER_SECONDS) -> None:
        self._workers, self._log, self._seconds = workers, log, seconds

    async def copies(self, letter: Letter, contents: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """Attachment id of a record document's file -> the PDF/A-1 to send beside it. No document makes it raise."""
        documents = [part for part in letter.parts if isinstance(part, RecordDocument) and part.format in _COPIED]
        made: dict[bytes, bytes] = {}
        try:
            async with asyncio.timeout(self._seconds):
                for part in documents:
                    outcome = await self._outcome(_wanted(part, letter, contents))
                    if isinstance(outcome, Copied):
                        made[part.file.id] = outcome.data
                    else:
                        self._log.info("copy.left", format=part.format, reason=outcome.reason)
        except TimeoutError:
            self._log.warning("copy.late", documents=len(documents), made=len(made))
        return made

    async def _outcome(self, wanted: Wanted) -> Outcome:
        # Once more: a process that the document before was too large for may be ending just now.
        for _ in range(2):
            try:
                return await self._workers.ask(_ENCODER.encode(wanted), _DECODER.decode)
            except CannotRead:
                return Left("slow")
            except (WorkerDied, OSError):
                continue
        return Left("died")


def _wanted(part: RecordDocument, letter: Letter, contents: Mapping[bytes, bytes]) -> Wanted:
    # The copy that came with it shows the document as its author wanted; else its own bytes are shown.
    shown, format_ = (part.file, part.format) if part.copy is None else (part.copy, "pdf")
    patient = part.patient
    about = "" if patient is None else " ".join(filter(None, (patient.name, patient.birth_date)))
    above = (about, part.author.name, part.author.organization, part.date.strftime("%d/%m/%Y"))
    return Wanted(
        contents[shown.id], shown.type, format_, part.title(), tuple(filter(None, above)), int(letter.sent.timestamp())
    )
