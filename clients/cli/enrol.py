"""`pli enrol`: accounts for people of a CSV file, with one paper letter each. Run again, it goes on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clients.cli import exits, loop, people, secretfile, settings
from clients.cli.enrol_journal import Journal
from clients.cli.failing import Stop
from clients.cli.letters import PaperLetter, as_html, as_text
from clients.cli.output import Output
from clients.cli.people import Row
from clients.cli.second_codes import SecondCodes
from clients.cli.settings import AsJson, KeyFile, Login, Relay
from crypto.keys import SigningSeed
from messaging.wire.types import EnrolPerson

app = typer.Typer()
_BATCH = 50  # people sent at once: some 100 kB, and little to repeat after an interruption


class Form(StrEnum):
    """How the letters are written."""

    html = "html"
    text = "text"


CsvFile = Annotated[Path, typer.Argument(help="The people, as CSV in UTF-8.", exists=True, dir_okay=False)]
Folder = Annotated[Path, typer.Option("--letters", help="Folder for the letters (0700) and the journal.")]
As = Annotated[Form, typer.Option("--as", help="Letters as printable pages or as plain text.")]
TwoCodes = Annotated[
    Path | None,
    typer.Option("--two-codes", help="Two codes for everybody; the second ones, in this CSV (0600), go another way."),
]
Origin = Annotated[str | None, typer.Option("--origin", help="The address printed on the letters, if not --relay.")]
ShowCodes = Annotated[bool, typer.Option("--show-codes", help="Print the codes here too. For demonstrations only.")]


@app.command("enrol")
def enrol(
    context: typer.Context,
    csv: CsvFile,
    letters: Folder,
    relay: Relay = None,
    login: Login = None,
    key_file: KeyFile = None,
    form: As = Form.html,
    origin: Origin = None,
    two_codes: TwoCodes = None,
    show_codes: ShowCodes = False,
    as_json: AsJson = False,
) -> None:
    """Create accounts for people, and one letter with a one-time code for each.

    The first line of the CSV names its columns:

    kind (patient, professional, organisation) · login (or ins) · family_name · first_name · birth_date (YYYY-MM-DD) ·
    email (where a notice may go) · address (mail addresses that others write to, with spaces between them)

    Keys and codes are made here; the relay gets public keys and wrapped boxes only. The codes are in the letters and
    nowhere else; with --two-codes an account opens by both codes together, and the second ones are in that file alone:
    send them by e-mail or text message, never with the letters. The station answers with its key for each account and
    its addresses, in the public key log. An interrupted run is simply repeated: the journal knows what was done.
    """
    found = settings.of(context)
    url, name = found.require("relay", relay), found.require("login", login)
    key = found.file("key_file", key_file)
    if key is None:
        raise Stop("--key-file is missing.", "Give the station's key file (`pli keys new`).", exits.USAGE)
    output, rows = found.output(as_json), people.load(csv)
    letters.mkdir(parents=True, exist_ok=True, mode=0o700)
    seconds = None if two_codes is None else SecondCodes(two_codes, letters)
    job = _Job(rows, letters, (origin or url).rstrip("/"), form, settings.key_of(key), seconds, show_codes, output)
    counts = loop.run(lambda: _enrol(url, name, job))
    _report(output, counts, letters)


@dataclass(frozen=True)
class _Job:
    rows: Sequence[Row]
    folder: Path
    origin: str
    form: Form
    station: SigningSeed
    seconds: SecondCodes | None
    show_codes: bool
    output: Output


async def _enrol(relay: str, login: str, job: _Job) -> dict[str, Any]:
    from clients.sdk.client import Client  # noqa: PLC0415 - loads Twisted

    counts: dict[str, Any] = {"created": 0, "unchanged": 0, "already": 0, "refused": []}
    journal = Journal(job.folder / "journal.jsonl")
    try:
        async with await Client.with_key(relay, login, job.station) as client:
            with _progress(job.output) as bar:
                task = bar.add_task("Enrolling", total=len(job.rows))
                for batch in _batches(job.rows):
                    await _one_batch(client, journal, job, batch, counts)
                    bar.advance(task, len(batch))
    finally:
        journal.close()
    return counts


async def _one_batch(client: Any, journal: Journal, job: _Job, batch: Sequence[Row], counts: dict[str, Any]) -> None:
    waiting = [row for row in batch if not journal.is_done(row.key)]
    counts["already"] += len(batch) - len(waiting)
    if not waiting:
        return
    made = _made(journal, job, waiting)
    for row, outcome in zip(waiting, await client.enrol(made), strict=True):
        if outcome.outcome == "refused":
            journal.note_refused(row.key, str(outcome.reason))
            _forget_codes(job, row)
            counts["refused"].append({"login": row.login, "reason": str(outcome.reason)})
        else:
            journal.note_done(row.key)
            counts[outcome.outcome] += 1
    _write_seconds(job)
    journal.sync()


def _made(journal: Journal, job: _Job, rows: Sequence[Row]) -> list[EnrolPerson]:
    """Everybody of the batch. Letters and second codes are on disk before the journal, the journal before the relay."""
    new = {row.key: _make(job, row) for row in rows if journal.made(row.key) is None}
    _write_seconds(job)
    for key, made in new.items():
        journal.note_made(key, made)
    journal.sync()
    return [person for row in rows if (person := journal.made(row.key)) is not None]


def _write_seconds(job: _Job) -> None:
    if job.seconds is not None:
        job.seconds.write()


def _forget_codes(job: _Job, row: Row) -> None:
    _letter_path(job, row).unlink(missing_ok=True)
    if job.seconds is not None:
        job.seconds.drop(row)


def _make(job: _Job, row: Row) -> EnrolPerson:
    """Keys, codes and letter of one person."""
    from clients.sdk.enrolment import letter_account  # noqa: PLC0415 - loads Twisted
    from crypto.code import format_code  # noqa: PLC0415 - as above

    two = job.seconds is not None
    account = letter_account(row.kind, row.login, row.addresses, datetime.now(UTC), by=job.station, two_codes=two)
    person, code = account.person, format_code(account.code)
    second = None if account.second is None else format_code(account.second)
    letter = PaperLetter(row.name, row.login, code, job.origin, account.fingerprint, second is not None)
    page = as_html(letter) if job.form is Form.html else as_text(letter)
    secretfile.write(_letter_path(job, row), page.encode(), replace=True)
    if job.seconds is not None and second is not None:
        job.seconds.add(person.account, row, second)
    if job.show_codes:
        codes = {"code": code} | ({} if second is None else {"second": second})
        said = {"login": row.login, "account": person.account} | codes
        job.output.result(said, f"{row.login}  {'  '.join(codes.values())}")
    return person


def _letter_path(job: _Job, row: Row) -> Path:
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in row.login)[:100]
    return job.folder / f"{safe}-{row.key[:8]}.{'html' if job.form is Form.html else 'txt'}"


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _progress(output: Output) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), disable=output.quiet or output.as_json, transient=True,
    )  # fmt: skip


def _report(output: Output, counts: dict[str, Any], folder: Path) -> None:
    done = counts["created"] + counts["unchanged"] + counts["already"]
    output.done(
        counts | {"letters": str(folder)}, f"{done} accounts, {counts['created']} of them new. Letters: {folder}"
    )
    if not counts["refused"]:
        return
    if not output.as_json:
        columns = {"login": "Log-in", "reason": "Refused because"}
        output.table(counts["refused"], columns, "")
    raise typer.Exit(exits.PARTLY)
