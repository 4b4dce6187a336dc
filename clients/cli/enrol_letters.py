"""Writes the letters of one part whose people are enrolled: paper for some, mail for others. Runs in any process."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from pathlib import Path

from clients.cli import secretfile
from clients.cli.enrol_parts import Made, Part, Places, kept, sync_folder, write_whole
from clients.cli.paper import mails, sheets
from clients.cli.paper.letterhead import Letterhead, term
from clients.cli.paper.letters import Letter, as_text


class Form(StrEnum):
    """How the letters on paper are written."""

    pdf = "pdf"
    text = "text"


@dataclass(frozen=True)
class Printing:
    """What letters look like and where they go. `mail_folder`: mails as files there; `by_mail`: somebody gets mail."""

    folder: Path
    origin: str
    form: Form
    head: Letterhead
    by_mail: bool = False
    mail_folder: Path | None = None


def mails_of(
    part: Part, seconds: dict[str, str], enrolled: frozenset[str], printing: Printing
) -> Iterator[tuple[str, str, bytes]]:
    """(account, recipient, message) of each that gets mail: the letter, or where there are two codes the second one."""
    made = datetime.combine(date.fromisoformat(part.day), time(), UTC)
    for one in part.made:
        account, to = one.person.account, one.row.email
        if account not in enrolled or not to or not printing.by_mail:
            continue
        if seconds:
            yield account, to, mails.second_mail(one.row.name, seconds[account], account, to, printing.head, made)
        else:
            yield account, to, mails.letter_mail(_letter(one, seconds, printing), account, to, printing.head, made)


def on_paper(part: Part, seconds: dict[str, str], enrolled: frozenset[str], mailed: frozenset[str]) -> list[Made]:
    """Who gets paper: with two codes everybody, since only the second one may go by mail."""
    return [
        one for one in part.made if one.person.account in enrolled and (seconds or one.person.account not in mailed)
    ]  # fmt: skip


def write(places: Places, number: int, enrolled: frozenset[str], mailed: frozenset[str], printing: Printing) -> int:
    """The letters of a part on paper, on disk when this returns, the same bytes each time. How many there are.

    `mailed` are those who get mail; with a folder for mails they are written here. Raises Stop.
    """
    part, seconds = kept(places, number)
    if printing.mail_folder is not None:
        _as_files(mails_of(part, seconds, enrolled, printing), printing.mail_folder / f"{number:06}")
    people = on_paper(part, seconds, enrolled, mailed)
    day = date.fromisoformat(part.day)
    if not people:
        return 0
    letters = [_letter(one, seconds, printing) for one in people]
    if printing.form is Form.pdf:
        title = f"Lettres {number:06}"
        write_whole(printing.folder / f"letters-{number:06}.pdf", sheets.pdf(title, letters, printing.head, day))
    else:
        for one, letter in zip(people, letters, strict=True):
            text = as_text(letter, printing.head, term(printing.head, day))
            write_whole(_text_path(printing.folder, one), text.encode())
    return len(letters)


def _as_files(messages: Iterable[tuple[str, str, bytes]], folder: Path) -> None:
    for account, _, message in messages:
        folder.mkdir(mode=0o700, exist_ok=True)
        secretfile.write(folder / f"{account}.eml", message, replace=True)
    if folder.exists():
        sync_folder(folder)
        sync_folder(folder.parent)


def _letter(one: Made, seconds: dict[str, str], printing: Printing) -> Letter:
    return Letter(
        one.row.name, one.row.login, one.code, printing.origin, one.fingerprint, bool(seconds), one.row.post
    )  # fmt: skip


def _text_path(folder: Path, one: Made) -> Path:
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in one.row.login)[:60]
    return folder / f"{safe}-{one.row.person.hex()[:8]}.txt"
