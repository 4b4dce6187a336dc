"""`pli send`: writes a letter, or answers one."""

import mimetypes
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from clients.cli import exits, loop, settings
from clients.cli.failing import Stop
from clients.cli.loop import Access
from clients.cli.output import Output
from clients.cli.reading import everything
from clients.cli.settings import AsJson, Login, OneTimeCode, PasswordFile, Relay, TotpFile

app = typer.Typer()


@dataclass(frozen=True)
class _Wanted:
    to: tuple[str, ...]
    answer: str | None
    subject: str
    text: str
    attach: tuple[Path, ...]


To = Annotated[
    list[str] | None,
    typer.Option("--to", help="An account, or the mail address of somebody who wrote to you; repeatable."),
]
Answer = Annotated[str | None, typer.Option("--answer", help="The letter to answer: its id, as `pli inbox` shows it.")]
Subject = Annotated[str | None, typer.Option("--subject", help="The subject; an answer has one already.")]
Text = Annotated[str, typer.Option("--text", help="The text; - reads it from standard input.")]
Attach = Annotated[list[Path] | None, typer.Option("--attach", help="A file; repeatable.", exists=True, dir_okay=False)]


@app.command("send")
def send(
    context: typer.Context,
    to: To = None,
    answer: Answer = None,
    subject: Subject = None,
    text: Text = "-",
    attach: Attach = None,
    relay: Relay = None,
    login: Login = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    code: OneTimeCode = None,
    as_json: AsJson = False,
) -> None:
    """Send a sealed letter, with files.

    Example: pli send --answer fJ8w... --text "Merci docteur." --attach resultats.pdf
    """
    found = settings.of(context)
    if not to and not answer:
        raise Stop("Nobody is named.", "Give --to ACCOUNT, or --answer LETTER.", exits.USAGE)
    if not answer and not subject:
        raise Stop("A letter has a subject.", "Give --subject TEXT.", exits.USAGE)
    body = sys.stdin.read() if text == "-" else text
    output = found.output(as_json)
    access = Access(relay, login, password_file, totp_file, code)
    letter = _Wanted(tuple(to or ()), answer, subject or "", body, tuple(attach or ()))
    sent = loop.run(lambda: _send(found, access, letter, output))
    output.done(sent, f"Sent: letter {sent['letter']}")


async def _send(found: settings.Settings, access: Access, wanted: _Wanted, output: Output) -> dict[str, Any]:
    async with loop.mailbox(found, access) as (_, mailbox):
        known = await everything(mailbox) if wanted.answer or any("@" in name for name in wanted.to) else []
        draft, to = _addressed(mailbox, known, wanted)
        parts = []
        for path in wanted.attach:
            output.note(f"Sealing {path.name} ({path.stat().st_size} bytes)")
            parts.append(await _attached(mailbox, path))
        sent = await mailbox.send(replace(draft, parts=tuple(parts)), to)
        await mailbox.keep_pins()
        return {"letter": sent.client_id, "id": sent.id, "to": to, "existed": sent.existed}


def _addressed(mailbox: Any, known: list[Any], wanted: _Wanted) -> tuple[Any, list[str]]:
    from clients.session.answering import answer  # noqa: PLC0415 - `--help` needs no content
    from clients.session.outgoing import Draft  # noqa: PLC0415 - as above

    if wanted.answer is None:
        return Draft(wanted.subject, wanted.text), [_account(name, known) for name in wanted.to]
    letters = [item.letter for item in known if wanted.answer in (item.letter.message, item.id)]
    if not letters:
        raise Stop(f"There is no letter {wanted.answer}.", "Look with `pli inbox`.", exits.USAGE)
    letter = letters[0]
    draft = answer(letter, mailbox.address, wanted.text)
    people = [to.account for to in letter.recipients] if letter.sender.account == mailbox.account else []
    return draft, [account for account in people or [letter.sender.account] if account != mailbox.account]


def _account(name: str, known: list[Any]) -> str:
    if "@" not in name:
        return name
    for item in reversed(known):
        if item.letter.sender.address.lower() == name.lower():
            return str(item.letter.sender.account)
    raise Stop(f"Nobody with the address {name} wrote to you yet.", "Give the account instead.", exits.USAGE)


async def _attached(mailbox: Any, path: Path) -> Any:
    from clients.content.file import FilePart  # noqa: PLC0415 - `--help` needs no content

    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    with path.open("rb") as stream:
        return FilePart(await mailbox.attach(path.name, guessed, stream))
