"""`pli backup`, `pli backup verify` and `pli restore`: a bar meanwhile, one line at the end. None can read anything."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from typer.core import TyperGroup

_FAILED, _NOT_WHOLE, _LOCAL = 1, 6, 8  # as everywhere in `pli`: docs/operations.md, Back-up and restore
_MAKE = "make"

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="relay.toml", exists=True, dir_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Results only.")]


class _MakeUnlessNamed(TyperGroup):
    """`pli backup TARGET` makes one: whatever is no command is where to."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """See click."""
        if args and args[0] not in (*self.commands, "--help"):
            args = [_MAKE, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(no_args_is_help=True)
backup = typer.Typer(
    cls=_MakeUnlessNamed, no_args_is_help=True, help="Back a relay up while it runs, or check a back-up."
)
app.add_typer(backup, name="backup")


@backup.command(_MAKE)
def make(
    target: Annotated[Path, typer.Argument(help="A folder of back-ups: files that it has are not copied again.")],
    config: ConfigFile,
    secrets: Annotated[
        Path | None,
        typer.Option(help="Also write the relay's secrets, into a new file of their own (0600). Keep it apart."),
    ] = None,
    keep: Annotated[int, typer.Option(min=0, help="Keep so many back-ups and remove the older ones; 0 keeps all.")] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Back the relay up into TARGET, beside the running relay: the database at one moment, then its files."""
    from messaging.server import backups, manifest  # noqa: PLC0415 - not needed by `--help`

    if secrets is not None and secrets.exists():
        _stop(f"{secrets} is there already: choose another file", _LOCAL)
    with _failing(), _bar(shown=not (as_json or quiet)) as step:
        folder = backups.make(_config(config), target, step, secrets_to=secrets, keep=keep)
    said = manifest.read(folder)
    _say(
        {"backup": str(folder), "schema": said.schema, "bytes": said.size, "files": said.blobs, "made": said.made},
        f"{folder}: database {said.size} bytes, {said.blobs} files", as_json=as_json,
    )  # fmt: skip


@backup.command("verify")
def verify(
    source: Annotated[Path, typer.Argument(help="A folder of back-ups (its newest), or the folder of one moment.")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="relay.toml: also check that it is of this relay.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Read a back-up whole, and hold every hash against what is there."""
    from messaging.server import backups  # noqa: PLC0415 - not needed by `--help`
    from messaging.server import secrets as held  # noqa: PLC0415 - as above

    with _failing(), _bar(shown=not (as_json or quiet)) as step:
        key = None if config is None else held.load(_config(config).data / "secrets").log
        said = backups.verify(source, step, key)
    _say(
        {"whole": True, "made": said.made, "files": said.blobs},
        f"whole: {said.made}, {said.blobs} files",
        as_json=as_json,
    )


@app.command("restore")
def restore(
    source: Annotated[Path, typer.Argument(help="A folder of back-ups (its newest), or the folder of one moment.")],
    config: ConfigFile,
    secrets: Annotated[
        Path | None, typer.Option(help="What `backup --secrets` wrote, where the relay has none.")
    ] = None,
    tombstones: Annotated[
        Path | None, typer.Option(help="A newer copy: what `operator tombstones` printed last.", exists=True)
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Give an empty relay a back-up: ends all sessions, erases and closes again whoever was since.

    Broken off, it goes on when it is run again.
    """
    from messaging.server import restores  # noqa: PLC0415 - not needed by `--help`

    with _failing(), _bar(shown=not (as_json or quiet)) as step:
        done = restores.restore(_config(config), source, step, secrets_from=secrets, newest=tombstones)
    said = {
        "made": done.manifest.made, "files": done.manifest.blobs, "tombstones": done.again, "log": done.log or None,
        "logEntries": done.manifest.log_size,
    }  # fmt: skip
    log = done.log or (
        f"The key log has {done.manifest.log_size} entries. If the relay signed more since, and neither log-head nor a "
        "witness can say so here, do not start it: docs/operations.md, After a restore."
    )
    _say(
        said,
        f"restored to {done.manifest.made}; {done.again} tombstones came later and are done again; everybody has to "
        f"log in again\n{log}",
        as_json=as_json,
    )


@contextmanager
def _failing() -> Iterator[None]:
    from messaging.relay.tombstones import WrongTombstones  # noqa: PLC0415 - not needed by `--help`
    from messaging.server.backups import LostBlob  # noqa: PLC0415 - as above
    from messaging.server.config import BadConfig  # noqa: PLC0415 - as above
    from messaging.server.manifest import WrongBackup  # noqa: PLC0415 - as above
    from messaging.server.restores import NoSecrets  # noqa: PLC0415 - as above
    from messaging.server.secrets import UnsafeSecrets  # noqa: PLC0415 - as above
    from messaging.store.copying import NotEmpty  # noqa: PLC0415 - as above

    try:
        yield
    except (WrongBackup, WrongTombstones, LostBlob) as error:
        _stop(str(error), _NOT_WHOLE)
    except (NotEmpty, NoSecrets, UnsafeSecrets, BadConfig) as error:
        _stop(str(error), _LOCAL)
    except OSError as error:
        _stop(f"{error.filename or 'the disk or the database'}: {error.strerror or type(error).__name__}", _LOCAL)
    except Exception as error:  # noqa: BLE001 - whatever kept it from that, it is said in one sentence
        _stop(str(error) or type(error).__name__, _FAILED)


@contextmanager
def _bar(*, shown: bool) -> Iterator[Callable[[str, int, int], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not (shown and console.is_terminal), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        yield step


def _say(result: dict[str, Any], text: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(result) if as_json else text)


def _config(path: Path) -> Any:
    from messaging.server.config import load  # noqa: PLC0415 - not needed by `--help`

    return load(path)


def _stop(reason: str, status: int) -> Any:
    print(f"pli: {reason}", file=sys.stderr)
    raise typer.Exit(status)
