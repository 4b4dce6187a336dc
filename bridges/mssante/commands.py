"""`pli gateway` runs the gateway, `pli gateway-key` makes its key file, `pli gateway-log` says what it believes, `pli
gateway-directory` looks for recipients."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn

import msgspec
import typer

from bridges.mssante import keyfile
from bridges.mssante.config import BadConfig, load
from bridges.mssante.keyfile import BadKeyFile
from crypto.encoding import b64u

_CANNOT_START: Final = 2
_HASH: Final = 32
app = typer.Typer(no_args_is_help=True, help="The MSSanté gateway.")


@app.command("gateway")
def gateway(
    config: Annotated[Path, typer.Option("--config", help="The gateway's TOML file (docs/gateway.sample.toml).")],
    as_json: Annotated[bool, typer.Option("--json", help="Say where mail is taken as JSON.")] = False,
) -> None:
    """Run the MSSanté gateway: SMTP with mutual TLS on one side, sealed letters on the other."""
    # Imported here: the reactor is installed by run(), and `pli --help` needs none of it.
    from bridges.mssante.database import Unusable  # noqa: PLC0415
    from bridges.mssante.distinguished import BadName  # noqa: PLC0415
    from bridges.mssante.gateway import serve  # noqa: PLC0415
    from bridges.mssante.mailboxes import NotEnrolled  # noqa: PLC0415
    from bridges.mssante.traces import Archive, configure  # noqa: PLC0415
    from clients.sdk import Distrusted, Refusal  # noqa: PLC0415
    from clients.session.reactor import run  # noqa: PLC0415
    from crypto.errors import CannotOpen, OlderBox  # noqa: PLC0415

    try:
        loaded = load(config)
        archive = Archive(loaded.path(loaded.gateway.data) / "traces", loaded.gateway.traces_days)
        run(serve(loaded, configure(loaded.gateway.log, archive), lambda host, port: _ready(host, port, as_json)))
    except (BadConfig, BadKeyFile, BadName, Unusable, NotEnrolled) as error:
        _fail(str(error))
    except Refusal as refusal:
        _fail(f"the relay refuses the gateway: {refusal.name}. Is its log-in known there (operator add-bridge)?")
    except Distrusted as distrusted:
        _fail(_not_believed(distrusted.account, distrusted.reason))
    except OlderBox:
        _fail("the relay shows an older key box of a mailbox than the key log knows of: tell its operator")
    except CannotOpen:
        _fail("a mailbox's key box does not open with this key file: was the file replaced?")
    except OSError as error:
        _fail(f"{error.filename or 'the network'}: {error.strerror or type(error).__name__}")


@app.command("gateway-log")
def gateway_log(
    config: Annotated[Path, typer.Option("--config", help="The gateway's TOML file.")],
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", help="Go on with this: the hash of the offered policy, or a tree's root; repeatable."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Show what the gateway remembers of the relay's key log, why it distrusts it, and the policy that is offered.

    With --accept HASH it goes on with exactly that policy, or tree (the part after the colon). Do that only after the
    relay's operator and a witness told you why: until then nothing is sealed, and the operators of the trust space keep
    their mails. A running gateway takes it up within half a minute.
    """
    from bridges.mssante.acceptance import status  # noqa: PLC0415 - loads Twisted
    from bridges.mssante.database import Unusable  # noqa: PLC0415 - as above
    from clients.sdk import Distrusted, Refusal  # noqa: PLC0415 - as above
    from clients.session.reactor import run  # noqa: PLC0415 - as above

    try:
        hashes = [_hash(each) for each in accept or []]
        said = run(status(load(config), hashes))
    except (BadConfig, BadKeyFile, Unusable) as error:
        _fail(str(error))
    except Refusal as refusal:
        _fail(f"the relay cannot be asked: {refusal.name}")
    except Distrusted as distrusted:
        _fail(_not_believed(distrusted.account, distrusted.reason))
    else:
        typer.echo(json.dumps(said) if as_json else "\n".join(f"{name}: {value}" for name, value in said.items()))


@app.command("gateway-directory")
def gateway_directory(
    config: Annotated[Path, typer.Option("--config", help="The gateway's TOML file.")],
    name: Annotated[str, typer.Option("--name", help="The beginning of a person's or an organisation's name.")] = "",
    city: Annotated[str, typer.Option("--city", help="Only there.")] = "",
    address: Annotated[str, typer.Option("--address", help="Whose mailbox this is.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Search the French health directory (Annuaire Santé) for mailboxes, by name and city, or by address."""
    from bridges.mssante.annuaire import NoAnswer, NotAsked  # noqa: PLC0415 - loads what the other commands do not need
    from bridges.mssante.recipients import lines, look_up  # noqa: PLC0415 - as above

    try:
        answer = asyncio.run(look_up(load(config), name, city, address))
    except (BadConfig, NotAsked) as error:
        _fail(str(error))
    except NoAnswer as error:
        _fail(f"the directory does not answer: {error}")
    else:
        typer.echo(json.dumps(msgspec.to_builtins(answer)) if as_json else "\n".join(lines(answer)))


@app.command("gateway-key")
def gateway_key(
    file: Annotated[Path, typer.Argument(help="The key file; made with mode 0600 when it is absent.")],
    kek: Annotated[
        str, typer.Option("--kek", help="What it is sealed with: a file (0600) or a pkcs11: URI. None: not sealed.")
    ] = "",
    new_kek: Annotated[
        str | None, typer.Option("--new-kek", help="Seal it with this from now on; '' for not sealed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Make the gateway's key file, and print the public log-in key that the relay's operator registers.

    With --new-kek the same keys are sealed by another key-encryption key. A running gateway need not stop: write the
    new one into its configuration for its next start.
    """
    try:
        keys = keyfile.make(file, kek) if new_kek is None else keyfile.seal_again(file, kek, new_kek)
    except BadKeyFile as error:
        _fail(str(error))
    public = b64u(keys.login.public().raw)
    typer.echo(json.dumps({"publicKey": public}) if as_json else public)


def _hash(given: str) -> bytes:
    try:
        found = bytes.fromhex(given)
    except ValueError:
        found = b""
    if len(found) != _HASH:
        _fail(f"{given} is no hash: 64 hexadecimal digits, as this command shows them")
    return found


def _ready(host: str, port: int, as_json: bool) -> None:
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    typer.echo(json.dumps({"ready": {"smtp": where}}) if as_json else f"ready smtp {where}")
    sys.stdout.flush()


def _not_believed(account: str, reason: str) -> str:
    if account:
        return f"the relay's answer about account {account} is not believed: {reason}"
    return f"the relay's key log is not believed: {reason}. Look with `pli gateway-log`, and tell its operator"


def _fail(words: str) -> NoReturn:
    typer.echo(f"pli gateway: {words}", err=True)
    raise typer.Exit(_CANNOT_START)
