"""The operator's commands: `serve`, and `operator` for bridges and enrolment stations. They may never read anything."""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from messaging import memory
from messaging.server import lifecommands

T = TypeVar("T")
operator = typer.Typer(no_args_is_help=True, help="Bridges and enrolment stations of a relay.")
app = typer.Typer(no_args_is_help=True, help="The relay.")
app.add_typer(operator, name="operator")
app.add_typer(lifecommands.audit, name="audit")
operator.command("tombstones")(lifecommands.tombstones)
operator.command("erase-again")(lifecommands.erase_again)
db = typer.Typer(no_args_is_help=True, help="The relay's database.")
app.add_typer(db, name="db")

_LOST = 3  # exit status when the key log is not whole: starting again does not help

ConfigFile = Annotated[Path, typer.Option("--config", "-c", help="relay.toml", exists=True, dir_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON.")]


@app.command("serve")
def serve(config: ConfigFile, as_json: AsJson = False) -> None:
    """Run the relay until SIGTERM or SIGINT."""
    from messaging import loop as loops  # noqa: PLC0415 - it installs the reactor, which `--help` does not need
    from messaging.server.loghead import LogLost  # noqa: PLC0415 - not needed by `--help`

    settings = _config(config)
    loop, reactor = loops.install()
    failed: list[BaseException] = []
    task: list[asyncio.Task[None]] = []

    def begin() -> None:
        task.append(loop.create_task(_serve(settings, reactor, failed, as_json=as_json)))

    memory.settle()
    if settings.database is not None:
        # The writer waits for each of PostgreSQL's answers, and then for its turn among threads: Python's own 5 ms for
        # that made a batch three times as long as its statements.
        sys.setswitchinterval(0.0002)
    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    if failed:
        _stop(str(failed[0]), _LOST if isinstance(failed[0], LogLost) else 1)


@operator.command("add-bridge")
def add_bridge(
    login: Annotated[str, typer.Argument(help="Its log-in name.")],
    config: ConfigFile,
    public_key: Annotated[str, typer.Option(help="Its Ed25519 log-in key, base64url.")],
    domain: Annotated[list[str], typer.Option(help="A mail domain whose professionals it may enrol; repeatable.")],
    as_json: AsJson = False,
) -> None:
    """Let a bridge log in with a key and act for the mailboxes that it enrols."""
    _add(config, "bridge", login, public_key, tuple(domain), as_json=as_json)


@operator.command("add-station")
def add_station(
    login: Annotated[str, typer.Argument(help="Its log-in name.")],
    config: ConfigFile,
    public_key: Annotated[str, typer.Option(help="Its Ed25519 log-in key, base64url.")],
    as_json: AsJson = False,
) -> None:
    """Let an enrolment station log in with a key and create accounts."""
    _add(config, "station", login, public_key, (), as_json=as_json)


@operator.command("add-certificate")
def add_certificate(
    login: Annotated[str, typer.Argument(help="The app's log-in name.")],
    config: ConfigFile,
    certificate: Annotated[Path, typer.Option(help="Its certificate, PEM.", exists=True, dir_okay=False)],
) -> None:
    """Let an app show who it is by a certificate (RFC 8705); the relay must be set to look at them."""
    from cryptography import x509  # noqa: PLC0415 - of this command alone
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above

    from messaging.relay import operators  # noqa: PLC0415 - not needed by `--help`
    from messaging.wire.errors import Refusal  # noqa: PLC0415 - not needed by `--help`

    try:
        thumbprint = x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(SHA256())
        _in_store(config, lambda turn: operators.add_certificate(turn, login, thumbprint))
    except ValueError:
        _stop(f"{certificate} is not a certificate in PEM")
    except Refusal:
        _stop(f"there is no app with the log-in {login}")
    typer.echo(f"{login}: {thumbprint.hex()}")


@operator.command("log-policy")
def log_policy(config: ConfigFile) -> None:
    """Print the policy of the key log that asks no witness: the lines to begin one with."""
    from crypto.transparency.checkpoint import LogSigner  # noqa: PLC0415 - not needed by `--help`
    from messaging.server import house, secrets  # noqa: PLC0415 - not needed by `--help`

    settings = _config(config)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    secret = secrets.load(settings.data / "secrets").key_log
    typer.echo(house.own_policy(settings, LogSigner.from_secret(secret, house.log_origin(settings))).decode(), nl=False)


@operator.command("new-log")
def new_log(
    config: ConfigFile,
    yes: Annotated[bool, typer.Option("--yes", help="The relay is stopped, and everybody will be asked.")] = False,
) -> None:
    """Begin a new key log, with new keys, from the entries that are there. The last way out: everybody is asked."""
    from messaging.relay import keylog  # noqa: PLC0415 - not needed by `--help`
    from messaging.server import loghead, secrets  # noqa: PLC0415 - not needed by `--help`

    if not yes:
        _stop("every client will stop sealing until its person has accepted the new log: --yes when that is meant")
    settings = _config(config)
    # First the old head goes, so that whatever is interrupted here ends in a relay that does not start.
    head = _in_store(config, keylog.forget_signatures)
    secrets.set_aside(settings.data / "secrets", secrets.KEY_LOG, datetime.now(UTC))
    (settings.data / loghead.NAME).unlink(missing_ok=True)
    typer.echo(f"a new log of {head.size} entries begins with the next start; `pli operator log-policy` has its keys")


@operator.command("close-account")
def close_account(
    account: Annotated[str, typer.Argument(help="The account's id.")],
    config: ConfigFile,
) -> None:
    """Let nobody into an account any more, nor anybody write to it. Its streams end within five seconds."""
    from messaging.relay import closing  # noqa: PLC0415 - not needed by `--help`
    from messaging.wire.errors import Refusal  # noqa: PLC0415 - not needed by `--help`

    try:
        _in_store(config, lambda turn: closing.close(turn, account))
    except Refusal:
        _stop("there is no such account")
    lifecommands.keep_tombstones(config)
    typer.echo(f"{account} is closed")


@operator.command("end-devices")
def end_devices(
    who: Annotated[str, typer.Argument(help="The account's log-in, or its id.")],
    config: ConfigFile,
) -> None:
    """Log an account out everywhere, as when a telephone is stolen. Streams end within five seconds."""
    from messaging.relay import operators  # noqa: PLC0415 - not needed by `--help`
    from messaging.wire.errors import Refusal  # noqa: PLC0415 - not needed by `--help`

    try:
        account, count = _in_store(config, lambda turn: operators.end_devices(turn, who))
    except Refusal:
        _stop("there is no such account")
    typer.echo(f"{account} is logged out of {count} device{'' if count == 1 else 's'}")


@db.callback()
def db_commands() -> None:
    """The relay's database."""


@db.command("migrate")
def db_migrate(config: ConfigFile) -> None:
    """Bring the database to this version's schema: all of it or nothing. `serve` does so by itself."""
    from messaging.server.storing import open_store  # noqa: PLC0415 - not needed by `--help`

    try:
        open_store(_config(config), beside=True).close()
    except Exception as error:  # noqa: BLE001 - whatever kept it from that, it is said in one sentence
        _stop(str(error) or type(error).__name__)
    typer.echo("the database has this version's schema")


@operator.command("list")
def list_(config: ConfigFile, as_json: AsJson = False) -> None:
    """All bridges and stations."""
    from messaging.relay import operators  # noqa: PLC0415 - not needed by `--help`

    rows = [
        {"login": login, "kind": account.kind, "account": account.id, "domains": account.domains.split()}
        for login, account in _in_store(config, operators.listed)
    ]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        typer.echo(f"{row['kind']:8} {row['login']:24} {row['account']} {' '.join(row['domains'])}".rstrip())


def _add(config: Path, kind: str, login: str, public_key: str, domains: tuple[str, ...], *, as_json: bool) -> None:
    from messaging.relay import operators  # noqa: PLC0415 - not needed by `--help`
    from messaging.wire.errors import Refusal  # noqa: PLC0415 - not needed by `--help`

    try:
        account = _in_store(config, lambda turn: operators.add(turn, kind, login, public_key, domains))
    except Refusal as refusal:
        _stop(refusal.detail or "the public key is not an Ed25519 key in base64url")
    typer.echo(
        json.dumps({"login": login, "kind": kind, "account": account.id}) if as_json else f"{login}: {account.id}"
    )


def _in_store(config: Path, rule: Callable[[Any], T]) -> T:
    from messaging.relay.turn import Caller, Turn  # noqa: PLC0415 - not needed by `--help`
    from messaging.server.house import house as make_house  # noqa: PLC0415 - not needed by `--help`
    from messaging.server.storing import open_store  # noqa: PLC0415 - not needed by `--help`

    settings = _config(config)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    house = make_house(settings)
    store = open_store(settings, beside=True)

    def run(tx: Any) -> Any:
        # As an outcome, so that relays on the same PostgreSQL hear what changed.
        turn = Turn(tx, house, Caller(), datetime.now(UTC))
        return turn.outcome(rule(turn))

    try:
        answer: T = store.write(run).answer
        return answer
    finally:
        store.close()


async def _serve(settings: Any, reactor: Any, failed: list[BaseException], *, as_json: bool) -> None:
    try:
        await _until_stopped(settings, reactor, as_json=as_json)
    except Exception as error:  # noqa: BLE001 - said in one sentence by serve()
        failed.append(error)
    finally:
        reactor.stop()


async def _until_stopped(settings: Any, reactor: Any, *, as_json: bool) -> None:
    import signal  # noqa: PLC0415 - of this command alone

    from messaging.server.logs import configure  # noqa: PLC0415 - not needed by `--help`
    from messaging.server.running import Running  # noqa: PLC0415 - it needs the reactor installed

    configure(settings.log)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    relay = Running(settings, reactor)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, relay.renew_certificate)
    _ready(settings, relay.port, as_json=as_json)
    stopped = asyncio.create_task(stop.wait())
    waiting: list[asyncio.Future[Any]] = [stopped, relay.lost]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    lost = relay.lost.exception() if relay.lost.done() else None
    stopped.cancel()
    await relay.close()
    if lost is not None:
        raise lost


def _ready(settings: Any, port: int, *, as_json: bool) -> None:
    scheme = "https" if settings.certificate else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"{scheme}://{host}:{port}"
    print(json.dumps({"ready": url, "origin": settings.origin}) if as_json else f"ready {url}", flush=True)


def _config(path: Path) -> Any:
    from messaging.server.config import BadConfig, load  # noqa: PLC0415 - not needed by `--help`

    try:
        return load(path)
    except BadConfig as error:
        _stop(str(error))


def _stop(reason: str, status: int = 1) -> Any:
    print(f"pli: {reason}", file=sys.stderr)
    raise typer.Exit(status)
