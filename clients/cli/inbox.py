"""`pli inbox` and `pli read`: the letters, and one of them with its files."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.panel import Panel

from clients.cli import exits, loop, settings
from clients.cli.failing import Stop
from clients.cli.loop import Access
from clients.cli.output import Output
from clients.cli.settings import AsJson, Login, OneTimeCode, PasswordFile, Relay, TotpFile

app = typer.Typer()
_COLUMNS = {"arrow": "", "when": "When", "from": "From", "shown": "Subject", "files": "Files", "letter": "Letter"}
Last = Annotated[int, typer.Option("--last", min=1, help="How many, the newest last.")]
LetterId = Annotated[str, typer.Argument(help="The letter's id, or the relay's, as `pli inbox` shows it.")]
Save = Annotated[
    Path | None, typer.Option("--save-attachments", help="Write the files into this folder; nothing is overwritten.")
]


@app.command("inbox")
def inbox(
    context: typer.Context,
    last: Last = 20,
    relay: Relay = None,
    login: Login = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    code: OneTimeCode = None,
    as_json: AsJson = False,
) -> None:
    """List the letters, received and sent, the newest last."""
    found = settings.of(context)
    access = Access(relay, login, password_file, totp_file, code)
    rows = loop.run(lambda: _rows(found, access))
    found.output(as_json).table(rows[-last:], _COLUMNS, "No letters yet.")


@app.command("read")
def read(
    context: typer.Context,
    letter: LetterId,
    save_attachments: Save = None,
    relay: Relay = None,
    login: Login = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    code: OneTimeCode = None,
    as_json: AsJson = False,
) -> None:
    """Show one letter; save its files with --save-attachments FOLDER."""
    found = settings.of(context)
    access = Access(relay, login, password_file, totp_file, code)
    output = found.output(as_json)
    if save_attachments is not None:
        save_attachments.mkdir(parents=True, exist_ok=True, mode=0o700)
    said, saved = loop.run(lambda: _read(found, access, letter, save_attachments, output))
    if output.as_json:
        output.result(said | {"saved": saved}, "")
        return
    _show(output, said)
    for path in saved:
        output.done({}, path)


async def _rows(found: settings.Settings, access: Access) -> list[dict[str, Any]]:
    from clients.cli import reading  # noqa: PLC0415 - loads the content kinds

    async with loop.mailbox(found, access) as (_, mailbox):
        return [reading.row(item) for item in await reading.items(mailbox)]


async def _read(
    found: settings.Settings, access: Access, wanted: str, folder: Path | None, output: Output
) -> tuple[dict[str, Any], list[str]]:
    from clients.cli import reading  # noqa: PLC0415 - loads the content kinds
    from clients.sdk.values import Unreadable  # noqa: PLC0415 - as above

    async with loop.mailbox(found, access) as (_, mailbox):
        items = await reading.items(mailbox)
        for item in items:
            if isinstance(item, Unreadable):
                if item.id == wanted:
                    what = f"This letter could not be opened: {reading.REASONS[item.reason]}."
                    raise Stop(what, "Do not trust it; tell the operator.", exits.DISTRUST)
            elif wanted in (item.id, item.letter.message):
                saved = [] if folder is None else await _save(mailbox, item.letter, folder, output)
                return reading.whole(item), saved
    raise Stop(f"There is no letter {wanted}.", "Look with `pli inbox`.", exits.USAGE)


async def _save(mailbox: Any, letter: Any, folder: Path, output: Output) -> list[str]:
    saved = []
    for attachment in letter.attachments():
        output.note(f"Opening {attachment.name} ({attachment.size} bytes)")
        partial = folder / f".{attachment.id.hex()}.part"
        try:
            with partial.open("wb") as sink:
                await mailbox.download_to(attachment, sink)
            saved.append(str(_place(partial, folder, attachment.name)))
        finally:
            partial.unlink(missing_ok=True)
    return saved


def _place(partial: Path, folder: Path, name: str) -> Path:
    """Give a complete file its name, or the first free "name (2).pdf": a link never replaces what is there."""
    safe = name.lstrip(".") or "file"
    for number in range(1, 1_000):
        stem, suffix = Path(safe).stem, Path(safe).suffix
        target = folder / (safe if number == 1 else f"{stem} ({number}){suffix}")
        try:
            os.link(partial, target)
        except FileExistsError:
            continue
        return target
    raise Stop(f"{folder} is full of files named {safe}.", "Choose another folder.")


def _show(output: Output, said: dict[str, Any]) -> None:
    from clients.cli import reading  # noqa: PLC0415 - loads the content kinds

    head = f"[dim]{said['arrow']} {escape(said['from'])} · {said['when']}[/dim]"
    output.console.print(
        Panel(escape(said["text"].strip() or "—"), title=escape(said["subject"]), subtitle=head, width=88)
    )
    for attachment in said["attachments"]:
        output.console.print(
            f"  📎 {escape(attachment['name'])}  [dim]{attachment['type']}, {attachment['size']} bytes[/dim]"
        )
    for warning in said["warnings"]:
        output.console.print(f"[bold yellow]  ⚠ {reading.WARNINGS[warning]}[/bold yellow]")
    if said["missing"]:
        output.console.print("[yellow]  One message of this conversation may be missing before this one.[/yellow]")
