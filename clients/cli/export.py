"""`pli export`: everything of an account, readable without Pli. Goes on after an interruption."""

import os
import shutil
import zipfile
from pathlib import Path
from typing import Annotated, Any

import typer

from clients.cli import exits, loop, settings
from clients.cli.failing import Stop
from clients.cli.loop import Access
from clients.cli.settings import AsJson, Login, OneTimeCode, PasswordFile, Relay, TotpFile

app = typer.Typer()
Target = Annotated[Path, typer.Argument(help="A new folder, or a file that ends in .zip; the same again goes on.")]


@app.command("export")
def export(
    context: typer.Context,
    target: Target,
    relay: Relay = None,
    login: Login = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    code: OneTimeCode = None,
    as_json: AsJson = False,
) -> None:
    """Write every letter (JSON and .eml), every file, the agenda and a page to read them, opened: no longer sealed.

    A manifest with SHA-256 of every file comes last: an export that has one is whole.
    """
    found = settings.of(context)
    output = found.output(as_json)
    zipped = target.suffix.lower() == ".zip"
    if zipped and target.exists():
        raise Stop(f"{target} is there already.", "Choose another name, or remove it.", exits.USAGE)
    folder = target.with_name(target.name + ".partial") if zipped else target
    access = Access(relay, login, password_file, totp_file, code)
    try:
        done = loop.run(lambda: _export(found, access, folder, output))
    except ValueError as error:
        raise Stop(f"{folder}: {error}.", "Choose another folder.", exits.USAGE) from None
    if zipped:
        _zip(folder, target)
    said = {"target": str(target), "letters": done.letters, "files": done.files, "unreadable": done.unreadable}
    counted = f"{done.letters} letters, {done.files} files"
    output.done(said, f"{target}: {counted}. Open index.html; keep it in a safe place.")
    if done.unreadable and not output.as_json:
        output.note(f"{done.unreadable} letters could not be opened; manifest.json names them.")


async def _export(found: settings.Settings, access: Access, folder: Path, output: Any) -> Any:
    async with loop.mailbox(found, access) as (client, mailbox):
        return await client.export(mailbox, folder, lambda letter: output.note(f"Letter {letter}"))


def _zip(folder: Path, target: Path) -> None:
    """All of a whole export in one file, which has its name when it is on the disk. The folder goes then."""
    partial = target.with_name(target.name + ".part")
    with partial.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    archive.write(path, path.relative_to(folder).as_posix())
        file.flush()
        os.fsync(file.fileno())
    partial.chmod(0o600)
    partial.replace(target)
    shutil.rmtree(folder)
