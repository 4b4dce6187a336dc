"""`pli log`: the key log, from outside of the relay. Witness it, check all of it, watch some accounts in it."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from clients.cli import exits, log_accept, log_look, loop, settings, witness_key
from clients.cli.failing import Stop
from clients.cli.loop import Access
from clients.cli.settings import AsJson, Login, OneTimeCode, PasswordFile, Relay, TotpFile
from clients.log.reading import LogUnreachable
from clients.log.store import Unusable
from clients.log.trust import log_alone, log_policy
from clients.log.violation import Violated
from crypto.encoding import unb64u
from crypto.errors import BadPolicy, NotCanonical
from crypto.keys import is_account
from crypto.transparency.policy import Policy, parse_policy

T = TypeVar("T")
app = typer.Typer()
group = typer.Typer(no_args_is_help=True, help="The key log: witness it, check it, watch it.")
app.add_typer(group, name="log")

LogUrl = Annotated[str, typer.Option("--log", help="The log's address, such as https://pli.example/log.")]
PolicyFile = Annotated[
    Path | None,
    typer.Option("--policy", help="The policy (C2SP tlog-policy) to go by.", exists=True, dir_okay=False),
]
LogKeys = Annotated[
    list[str] | None, typer.Option("--log-key", help="A verifier key of the log, in place of --policy; give both.")
]
WitnessKey = Annotated[Path, typer.Option("--key-file", help="The witness's key file (0600): `pli log witness-key`.")]
Name = Annotated[str | None, typer.Option("--name", help="The witness's name, such as witness.example/w1.")]
Listen = Annotated[str, typer.Option("--listen", help="HOST:PORT to listen at; port 0 lets the system choose.")]
NeededData = Annotated[Path, typer.Option("--data", help="Folder for what the witness saw. Never restore an old one.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder in which it is kept what was seen; else nothing is.")]
Enrollers = Annotated[
    list[str] | None,
    typer.Option("--enroller", help="Public key of a station or bridge; given, no other may answer for accounts."),
]
Accounts = Annotated[list[str], typer.Option("--account", help="An account to watch; repeatable.")]
Interval = Annotated[float, typer.Option("--interval", min=1.0, help="Seconds between two looks.")]
Once = Annotated[bool, typer.Option("--once", help="Look once, then end.")]


@group.command("witness-key")
def key(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The key file; made with mode 0600 when it is absent.")],
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Make a witness's key file, and print its two verifier keys, of which one goes into policies."""
    keys = [key.vkey for key in witness_key.make(file, name).keys]
    said = {"file": str(file), "name": witness_key.read(file, name).keys[0].name, "vkeys": keys}
    settings.of(context).output(as_json).result(said, "\n".join(keys))


@group.command("witness")
def witness(
    context: typer.Context,
    log: LogUrl,
    key_file: WitnessKey,
    data: NeededData,
    listen: Listen = "127.0.0.1:8441",
    policy: PolicyFile = None,
    log_key: LogKeys = None,
    name: Name = None,
    enroller: Enrollers = None,
    as_json: AsJson = False,
) -> None:
    """Run a witness (C2SP tlog-witness) until SIGTERM: it reads every entry, and cosigns what keeps the rules.

    Prints "ready http://..." when it listens. What it cosigned is in --data: whoever loses that folder makes a new key.
    """
    from clients.log.serving import Post, serve  # noqa: PLC0415 - loads Twisted

    known = _witnessed(log, policy, log_key)
    post = Post(log, known, witness_key.read(key_file, name), data, _endpoint(listen), _enrollers(enroller))
    output = settings.of(context).output(as_json)
    _told(lambda: loop.run(lambda: serve(post, lambda url: output.result({"ready": url}, f"ready {url}"))))


@group.command("verify")
def verify(
    context: typer.Context,
    log: LogUrl,
    policy: PolicyFile = None,
    data: Data = None,
    enroller: Enrollers = None,
    as_json: AsJson = False,
) -> None:
    """Read the whole log and hold it against every rule. Exit code 0: all is well; 1: it is not.

    With --data only what is new is read, and the log must have grown from what was seen before.
    """
    output = settings.of(context).output(as_json)
    look = log_look.Look(log, _policy(policy), data, _enrollers(enroller))
    summary = _told(lambda: loop.run(lambda: log_look.verify(look, output)))
    output.done(summary, log_look.sentence(summary))


@group.command("monitor")
def monitor(
    context: typer.Context,
    log: LogUrl,
    account: Accounts,
    policy: PolicyFile = None,
    data: Data = None,
    enroller: Enrollers = None,
    interval: Interval = 60.0,
    once: Once = False,
    as_json: AsJson = False,
) -> None:
    """Follow the log, and say each new statement of some accounts. Ends with exit code 1 when the log breaks a rule."""
    if not all(map(is_account, account)):
        raise Stop("--account is not an account.", "It is an a and 26 letters and digits.", exits.USAGE)
    output = settings.of(context).output(as_json)
    look = log_look.Look(log, _policy(policy), data, _enrollers(enroller), frozenset(account))
    with suppress(KeyboardInterrupt):
        _told(lambda: loop.run(lambda: log_look.monitor(look, None if once else interval, output)))


@group.command("accept")
def accept(
    context: typer.Context,
    hashes: Annotated[
        list[str] | None, typer.Argument(metavar="[HASH]...", help="The policy's hash, or a tree's root, as shown.")
    ] = None,
    relay: Relay = None,
    login: Login = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    code: OneTimeCode = None,
    as_json: AsJson = False,
) -> None:
    """Show what this machine distrusts of a relay's key log. With HASH: go on with exactly that.

    Accept only after the relay's operator, and somebody else who watches the log, told you why.
    """
    found = settings.of(context)
    wanted = [log_accept.hash_of(each) for each in hashes or []]
    access = Access(relay, login, password_file, totp_file, code)
    log_accept.show(found.output(as_json), loop.run(lambda: log_accept.accept(found, access, wanted)))


def _told(work: Callable[[], T]) -> T:
    """What `work` returns; what goes wrong with a log is said in two lines."""
    try:
        return work()
    except Violated as violation:
        todo = "Keep this: it is proof against whoever runs the log. Tell the operator and other witnesses."
        raise Stop(f"The log broke a rule. {violation.words}", todo, exits.FAILED) from violation
    except LogUnreachable as unreachable:
        said = str(unreachable)
        raise Stop(f"{said[0].upper()}{said[1:]}.", "Check --log and the network.", exits.UNREACHABLE) from unreachable
    except Unusable as unusable:
        raise Stop(f"{unusable}.", "Choose another --data folder, or end the other process.") from unusable
    except ValueError as error:
        raise Stop(f"{error}.", "Correct --log.") from error


def _witnessed(url: str, policy: Path | None, keys: list[str] | None) -> Policy:
    if (policy is None) == (not keys):
        raise Stop("Whose log is it?", "Give --policy FILE, or --log-key for each of its two keys.", exits.USAGE)
    try:
        return log_policy(keys, url) if keys else log_alone(parse_policy(_bytes(policy)), url)
    except BadPolicy:
        raise Stop("The log's keys are not right.", "Needed are one Ed25519 and one ML-DSA-44 key.") from None


def _policy(file: Path | None) -> Policy | None:
    try:
        return None if file is None else parse_policy(_bytes(file))
    except BadPolicy:
        raise Stop(f"{file} is not a policy.", "See docs/spec/transparency.md, Policy.") from None


def _bytes(file: Path | None) -> bytes:
    return b"" if file is None else file.read_bytes()


def _enrollers(given: list[str] | None) -> frozenset[bytes] | None:
    try:
        return frozenset(unb64u(key, 32) for key in given) if given else None
    except NotCanonical:
        raise Stop("--enroller is not a public key.", "`pli keys show FILE` prints it.", exits.USAGE) from None


def _endpoint(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise Stop("--listen is not right.", "It looks like 127.0.0.1:8441.", exits.USAGE)
    return host.strip("[]"), int(port)
