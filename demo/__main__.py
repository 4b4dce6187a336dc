"""The demonstration's commands behind `./dev`: run, mail, code, mailbox, answer."""

import asyncio
import datetime as dt
import logging
import smtplib
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from demo import sample
from demo.child import DidNotStart
from demo.installation import Failed, read_members
from demo.names import CAMILLE, CAMILLE_LOGIN, CLINICIAN_ADDRESS, CLINICIAN_NAME, HOME
from demo.reading import read_maildir, show
from demo.run import CannotRun, Running, start, wait_for_the_end

FOLDER: Final = Path(".pli").resolve()
app = typer.Typer(add_completion=False, no_args_is_help=True, help="The demonstration of Pli.")
console = Console()


@app.command()
def run(*, fresh: bool = typer.Option(False, "--fresh", help="Begin anew: forget the last demonstration.")) -> None:
    """Start everything and wait for Ctrl-C."""
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of what is meant: certificates are wanted
    try:
        ended = asyncio.run(_run(fresh=fresh))
    except (CannotRun, DidNotStart, Failed) as error:
        console.print(Text(str(error), style="red"))
        raise typer.Exit(1) from None
    if ended != "stopped":
        console.print(Text(f"{ended} ended by itself; the rest was ended too.", style="red"))
        raise typer.Exit(1)
    console.print("Ended. Everything is kept in .pli; [bold]./dev run[/] goes on from there.")


@app.command()
def mail() -> None:
    """Send the sample mail as the clinician's mail program would."""
    made = sample.compose(dt.datetime.now(dt.UTC))
    try:
        with smtplib.SMTP("127.0.0.1", HOME.submission, timeout=20) as program:
            program.sendmail(CLINICIAN_ADDRESS, [CAMILLE.address], made.raw)
    except OSError:
        console.print("The demonstration does not run. Start it in another terminal:  [bold]./dev run[/]")
        raise typer.Exit(1) from None
    console.print(f"Sent: {CLINICIAN_NAME} to {CAMILLE.name}. It appears in the open page at once.")


@app.command()
def code() -> None:
    """The demonstration patient's one-time code."""
    member = read_members(FOLDER / "members.json").get(CAMILLE_LOGIN)
    if member is None:
        console.print("Nobody is enrolled yet. Start with:  [bold]./dev run[/]")
        raise typer.Exit(1)
    now = dt.datetime.now(dt.UTC).timestamp()
    console.print(f"[bold]{member.code(now)}[/]  (for about half a minute; each code works once)")


@app.command()
def mailbox() -> None:
    """All mails in the clinician's mailbox, oldest first."""
    _show(len(_mails()))


@app.command()
def answer() -> None:
    """The newest mail in the clinician's mailbox."""
    _show(1)


async def _run(*, fresh: bool) -> str:
    console.print("Starting witness, relay, gateway and operator...")
    async with start(FOLDER, HOME, fresh=fresh) as running:
        _welcome(running)
        return await wait_for_the_end(running)


def _welcome(running: Running) -> None:
    facts = Table.grid(padding=(0, 2))
    for label, value in (
        ("Web page", running.layout.origin),
        ("Log-in", running.member.login),
        ("Password", running.member.password),
        ("One-time code", "./dev code"),
        ("", ""),
        ("Send the sample mail", "./dev mail"),
        ("Read the patient's answer", "./dev answer"),
        (
            "Clinician's mail program",
            f"SMTP 127.0.0.1:{running.layout.ports.submission}, no TLS, no log-in (loopback only)",
        ),
        ("Clinician's Maildir", str(running.maildir)),
        ("Key log", f"./dev pli log verify --log {running.layout.log_url}"),
        ("Logs", str(running.layout.logs)),
        ("Read on", "README.md, ARCHITECTURE.md, docs/spec"),
    ):
        facts.add_row(
            Text(label, style="dim"), Text(value, style="bold" if value.startswith(("http", "./dev")) else "")
        )
    title = f"Pli: {CLINICIAN_NAME} writes to {CAMILLE.name}"
    console.print(Panel(facts, title=title, border_style="green", padding=(1, 2)))
    console.print("Ctrl-C ends it.")


def _mails() -> list[EmailMessage]:
    return read_maildir(FOLDER / "operator" / "Maildir")


def _show(count: int) -> None:
    mails = _mails()
    if not mails:
        console.print("The clinician's mailbox is empty.")
    for mail in mails[-count:] if count else []:
        console.print(show(mail))


if __name__ == "__main__":
    app()
