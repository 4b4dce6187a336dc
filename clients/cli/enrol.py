"""`pli enrol`: accounts for people of a CSV file, with a letter each. Run again, it goes on."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from clients.cli import exits, loop, people, settings
from clients.cli.enrol_journal import Journal
from clients.cli.enrol_letters import Form, Printing
from clients.cli.enrol_pool import Pool
from clients.cli.enrol_post import Submission
from clients.cli.enrol_run import Counts, Job, Run, folder
from clients.cli.failing import Stop
from clients.cli.output import Output
from clients.cli.paper import letterhead
from clients.cli.people import Row
from clients.cli.second_codes import SecondCodes
from clients.cli.settings import AsJson, KeyFile, Login, Relay

app = typer.Typer()
_MOST = 2_000  # letters of one file: two pages each; 30 MB, and 1.6 GB of memory to make it

CsvFile = Annotated[Path, typer.Argument(help="The people, as CSV in UTF-8.", exists=True, dir_okay=False)]
Letters = Annotated[Path, typer.Option("--letters", help="Folder for the letters (0700) and the journal.")]
As = Annotated[Form, typer.Option("--as", help="Letters on paper as PDF files to print, or as one text file each.")]
PerFile = Annotated[int, typer.Option("--per-file", min=1, max=_MOST, help="Letters in one PDF file.")]
Head = Annotated[Path | None, typer.Option("--letterhead", help="Who sends the letters (TOML).", dir_okay=False)]
TwoCodes = Annotated[
    Path | None,
    typer.Option("--two-codes", help="Two codes for everybody; the second ones, in this CSV (0600), go another way."),
]
Mail = Annotated[Path | None, typer.Option("--mail", help="Folder for mails (.eml) to whoever has an e-mail address.")]
Smtp = Annotated[str | None, typer.Option("--smtp", help="Hand the mails to this server: smtps://name@host:465.")]
SmtpPassword = Annotated[Path | None, typer.Option("--smtp-password-file", help="Its password (0600).")]
Origin = Annotated[str | None, typer.Option("--origin", help="The address printed on the letters, if not --relay.")]
ShowCodes = Annotated[bool, typer.Option("--show-codes", help="Print the codes here too. For demonstrations only.")]


@app.command("enrol")
def enrol(
    context: typer.Context,
    csv: CsvFile,
    letters: Letters,
    relay: Relay = None,
    login: Login = None,
    key_file: KeyFile = None,
    form: As = Form.pdf,
    per_file: PerFile = 200,
    head: Head = None,
    two_codes: TwoCodes = None,
    mail: Mail = None,
    smtp: Smtp = None,
    smtp_password: SmtpPassword = None,
    origin: Origin = None,
    show_codes: ShowCodes = False,
    as_json: AsJson = False,
) -> None:
    """Create accounts for people, and one letter with a one-time code for each.

    The first line of the CSV names its columns:

    kind (patient, professional, organisation) · login (or ins) · family_name · first_name · birth_date (YYYY-MM-DD) ·
    email (where a notice may go) · address (mail addresses that others write to, with spaces between them) · and for
    the envelope, if it is posted: street_2 · street · postcode · city · country

    The whole list is checked before anything is made. Keys and codes are made here; the relay gets public keys and
    wrapped boxes only. The codes are in the letters and nowhere else. With --mail or --smtp whoever has an e-mail
    address gets the letter that way, and the others get paper; with --two-codes everybody gets the first code on paper,
    and the second one by mail or, without an address, in that file alone, to go another way. The station's key answers
    for each account and its addresses, in the public key log. An interrupted run is simply repeated: it goes on.
    """
    found = settings.of(context)
    url, name = found.require("relay", relay), found.require("login", login)
    key = found.file("key_file", key_file)
    if key is None:
        raise Stop("--key-file is missing.", "Give the station's key file (`pli keys new`).", exits.USAGE)
    output, sender = found.output(as_json), letterhead.load(head)
    if mail is not None and smtp is not None:
        raise Stop("--mail and --smtp are two ways.", "Choose one of them.", exits.USAGE)
    by_mail = mail is not None or smtp is not None
    if by_mail and not sender.mail_from:
        raise Stop("Nobody sends the mails.", 'Write mail_from = "..." into the --letterhead file.', exits.USAGE)
    station, server = settings.key_of(key), None if smtp is None else Submission.of(smtp, smtp_password)
    count = people.check(csv, printed=form is Form.pdf)
    for place in (letters, folder(letters), *([mail] if mail is not None else [])):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (letters / "journal.jsonl").exists():
        raise Stop(f"{letters} was begun by an earlier version.", "Name another folder for the letters.")
    seconds = None if two_codes is None else SecondCodes(two_codes, letters)
    printing = Printing(letters, (origin or url).rstrip("/"), form, sender, by_mail, mail)
    said = _saying(output) if show_codes else None
    job = Job(csv, printing, station, per_file, seconds, server, said)
    _report(output, loop.run(lambda: _enrol(url, name, job, count, output)), letters)


async def _enrol(relay: str, login: str, job: Job, count: int, output: Output) -> Counts:
    from clients.sdk.client import Client  # noqa: PLC0415 - loads Twisted

    with Journal(folder(job.printing.folder) / "journal.db") as journal, Pool.for_people(count) as pool:
        async with await Client.with_key(relay, login, job.station) as client:
            with _progress(output) as bar:
                task = bar.add_task("Enrolling", total=count)
                return await Run(job, journal, pool, client, lambda more: bar.advance(task, more)).go()


class _Rate(TextColumn):
    """People a second."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:,.0f}/s", style="progress.data.speed")


def _progress(output: Output) -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(),
        console=Console(stderr=True), disable=output.quiet or output.as_json, transient=True, speed_estimate_period=120,
    )  # fmt: skip


def _saying(output: Output) -> Callable[[Row, str, str, str], None]:
    def say(row: Row, account: str, code: str, second: str) -> None:
        codes = {"code": code} | ({"second": second} if second else {})
        output.result({"login": row.login, "account": account} | codes, f"{row.login}  {'  '.join(codes.values())}")

    return say


def _report(output: Output, counts: Counts, letters: Path) -> None:
    said: dict[str, Any] = asdict(counts)
    by_mail = f", {counts.mails} by mail" if counts.mails else ""
    output.done(
        said | {"papers": counts.letters, "letters": str(letters)},
        f"{counts.done} accounts, {counts.created} of them new; {counts.letters} letters on paper{by_mail}: {letters}",
    )
    if not counts.refusals:
        return
    if not output.as_json:
        output.table(counts.refused, {"login": "Log-in", "reason": "Refused because"}, "")
        output.note(f"{counts.refusals} were refused: {letters / 'refused.csv'}")
    raise typer.Exit(exits.PARTLY)
