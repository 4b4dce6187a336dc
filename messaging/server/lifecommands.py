"""The operator's commands about accounts that ended, and about the access log. None of them can read anything."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

T = TypeVar("T")
audit = typer.Typer(no_args_is_help=True, help="The access log: who acted, in a chain that nobody can change unseen.")
ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="relay.toml", exists=True, dir_okay=False)]
_PAGE = 1_000


@audit.callback()
def audit_commands() -> None:
    """The access log: who acted, in a chain that nobody can change unseen."""


@audit.command("head")
def audit_head(config: ConfigFile) -> None:
    """Print the newest row's number and hash: keep it on another machine, for `audit verify --head`."""
    last = _with_store(config, lambda store, _: store.read(lambda tx: tx.last_act()))
    said = {"number": 0, "mac": ""} if last is None else {"number": last.number, "mac": last.mac.hex()}
    typer.echo(json.dumps(said))


@audit.command("verify")
def audit_verify(
    config: ConfigFile,
    head: Annotated[
        Path | None, typer.Option("--head", help="What `audit head` printed once: finds a tail that was cut off.")
    ] = None,
) -> None:
    """Walk the whole access log: a row that was changed, removed, added or moved is named. Exits 0 or 1."""
    from messaging.relay.accesslog import verify  # noqa: PLC0415 - not needed by `--help`

    known = _head(head)

    def walk(store: Any, house: Any) -> tuple[int, bool]:
        number, previous, seen = 0, bytes(32), known.get("number") == 0
        while page := store.read(lambda tx, after=number: tx.acts(after, _PAGE)):
            number = verify(page, house.secrets.log, previous, number)
            previous = page[-1].mac
            seen = seen or any(act.number == known.get("number") and act.mac.hex() == known["mac"] for act in page)
        return number, seen or not known

    try:
        rows, has_head = _with_store(config, walk)
    except ValueError as error:
        _stop(str(error))
    if not has_head:
        _stop(f"the access log has lost its tail: it no longer has row {known['number']} as it was")
    typer.echo(f"the access log is whole: {rows} rows")


def tombstones(config: ConfigFile) -> None:
    """Print the tombstones: who opposed, closed, came back, was erased. Keep a copy with each back-up, and the newest.

    After a restore `erase-again` takes it. The relay does the same with the file `tombstones` in its data folder.
    """
    from messaging.relay.tombstones import to_line  # noqa: PLC0415 - not needed by `--help`
    from messaging.server.tombstones import Rows  # noqa: PLC0415 - as above

    for row in _with_store(config, lambda store, house: Rows(store, house).after(0)):
        typer.echo(to_line(row), nl=False)


def erase_again(
    config: ConfigFile,
    copy: Annotated[Path, typer.Option("--tombstones", help="What `operator tombstones` printed last.", exists=True)],
) -> None:
    """After a restore, before the relay starts: end all sessions, and erase and close again whoever was since."""
    from messaging.relay.tombstones import WrongTombstones  # noqa: PLC0415 - not needed by `--help`
    from messaging.server.tombstones import Rows, read  # noqa: PLC0415 - as above

    def again(store: Any, house: Any) -> int:
        rows = Rows(store, house)
        taken = rows.take(read(copy))
        rows.end_sessions()
        return taken

    try:
        taken = _with_store(config, again)
        keep_tombstones(config)
    except WrongTombstones as error:
        _stop(str(error))
    typer.echo(f"{taken} tombstones were missing and are done again; everybody has to log in again")


def keep_tombstones(config: Path) -> None:
    """What the database has is in the file beside it, and on the disk. Raises WrongTombstones."""
    from messaging.server.tombstones import NAME, Rows, append, read  # noqa: PLC0415 - not needed by `--help`

    beside = _settings(config).data / NAME
    append(beside, _with_store(config, lambda store, house: Rows(store, house).after(len(read(beside)))))


def _head(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        said = json.loads(path.read_text())
        return {"number": int(said["number"]), "mac": str(said["mac"])}
    except (ValueError, KeyError, TypeError, OSError):
        return _stop(f"{path} is not what `audit head` prints")  # type: ignore[no-any-return]  # it exits


def _with_store(config: Path, work: Callable[[Any, Any], T]) -> T:
    from messaging.server.house import house as make_house  # noqa: PLC0415 - not needed by `--help`
    from messaging.server.storing import open_store  # noqa: PLC0415 - as above

    settings = _settings(config)
    store = open_store(settings, beside=True)
    try:
        return work(store, make_house(settings))
    finally:
        store.close()


def _settings(config: Path) -> Any:
    from messaging.server.config import BadConfig, load  # noqa: PLC0415 - not needed by `--help`

    try:
        return load(config)
    except BadConfig as error:
        return _stop(str(error))


def _stop(reason: str) -> Any:
    print(f"pli: {reason}", file=sys.stderr)
    raise typer.Exit(1)
