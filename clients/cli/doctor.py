"""`pli doctor`: what is wrong between this machine and a relay, in plain words."""

import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import typer
from rich.markup import escape

from clients.cli import exits, loop, secretfile, settings
from clients.cli.failing import explain
from clients.cli.output import Output
from clients.cli.settings import AsJson, KeyFile, Login, PasswordFile, Relay, TotpFile
from crypto.keys import SigningSeed
from messaging.wire import names
from messaging.wire.errors import Refusal

app = typer.Typer()
_MARKS = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "bad": "[bold red]✗[/bold red]"}
_SKEW_SECONDS = 20  # a log-in names the time; one-time codes step every 30 seconds
_SLOW_SECONDS = 1.0
_ASKS_TO_LOG_IN = 401
# The libraries whose versions matter when somebody asks for help.
_LIBRARIES = ("cryptography", "pynacl", "twisted", "treq", "icalendar", "lxml")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `todo` is empty when it is right."""

    check: str
    verdict: Literal["ok", "warn", "bad"]
    found: str
    todo: str = ""


@app.command("doctor")
def doctor(
    context: typer.Context,
    relay: Relay = None,
    login: Login = None,
    key_file: KeyFile = None,
    password_file: PasswordFile = None,
    totp_file: TotpFile = None,
    as_json: AsJson = False,
) -> None:
    """Look at versions, files, the clock and the relay, and say what to do."""
    found = settings.of(context)
    paths = {name: found.file(name, given) for name, given in _given(key_file, password_file, totp_file)}
    findings = [_python(), *_files(paths)]
    url, name, key = relay or found.profile.get("relay"), login or found.profile.get("login"), paths["key_file"]
    seed = settings.key_of(key) if key and key.exists() and not secretfile.is_open(key) else None
    if url is None:
        findings.append(Finding("relay", "warn", "no relay was named", "Give --relay URL."))
    else:
        findings += loop.run(lambda: _online(url, name, seed))
    _report(found.output(as_json), findings)


def _given(key: Path | None, password: Path | None, totp: Path | None) -> tuple[tuple[str, Path | None], ...]:
    return ("key_file", key), ("password_file", password), ("totp_file", totp)


def _python() -> Finding:
    said = f"pli {_version('pli')}, Python {sys.version.split()[0]}, " + ", ".join(
        f"{n} {_version(n)}" for n in _LIBRARIES
    )
    return Finding("versions", "ok", said)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed as a package)"


def _files(paths: dict[str, Path | None]) -> list[Finding]:
    return [_file(name.replace("_", " "), path) for name, path in paths.items() if path is not None]


def _file(name: str, path: Path) -> Finding:
    if not path.exists():
        return Finding(name, "bad", f"{path} does not exist", "Check the path.")
    if secretfile.is_open(path):
        return Finding(name, "bad", f"{path} can be read by others", f"Run: chmod 600 {path}")
    return Finding(name, "ok", f"{path} is for its owner alone")


async def _online(url: str, login: str | None, seed: SigningSeed | None) -> list[Finding]:
    from clients.session.transport import Transport  # noqa: PLC0415 - loads Twisted

    try:
        transport = Transport(url)
    except ValueError as error:
        return [Finding("relay", "bad", str(error), "Correct --relay.")]
    try:
        findings = await _reach(transport)
        if all(finding.verdict != "bad" for finding in findings):
            findings.append(await _key_log(transport))
        if login and seed and all(finding.verdict != "bad" for finding in findings):
            findings.append(await _login(url, login, seed))
        return findings
    finally:
        await transport.close()


async def _reach(transport: Any) -> list[Finding]:
    from clients.session.carried import HttpRequest  # noqa: PLC0415 - as above

    begun = time.monotonic()
    try:
        response = await transport.carry(HttpRequest("GET", names.WELL_KNOWN))
    except Refusal as refusal:
        return [
            Finding("relay", "bad", refusal.detail or refusal.name, "Check the address, the network, the certificate.")
        ]
    seconds = time.monotonic() - begun
    if response.status != _ASKS_TO_LOG_IN:
        todo = "Is this the relay's own address, without a proxy's page?"
        return [Finding("relay", "bad", f"{transport.origin} answers {response.status}", todo)]
    slow = seconds > _SLOW_SECONDS
    reach = Finding("relay", "warn" if slow else "ok", f"{transport.origin} answers in {seconds * 1000:.0f} ms")
    return [reach, _clock(response.headers.get("date", ""), seconds)]


async def _key_log(transport: Any) -> Finding:
    """What anybody can see of the relay's key log. Whether it is the one that others see, clients remember."""
    from clients.session.carried import HttpRequest  # noqa: PLC0415 - as above
    from clients.session.keylog import KeyLog, policy_of  # noqa: PLC0415 - as above
    from clients.session.keyring import Distrusted  # noqa: PLC0415 - as above

    try:
        policy, note = [
            await transport.carry(HttpRequest("GET", path)) for path in (names.LOG_POLICY, names.LOG_CHECKPOINT)
        ]
        log = KeyLog(policy_of(policy.body)).accept(note.body.decode("utf-8", "replace"), None, datetime.now(UTC))
    except Refusal as refusal:
        return Finding("key log", "bad", refusal.detail or refusal.name, "Tell the relay's operator.")
    except Distrusted as error:
        failure = explain(error)
        return Finding("key log", "bad", failure.what if failure else error.reason, "Tell the relay's operator.")
    return _signed_by(log)


def _signed_by(log: Any) -> Finding:
    said = f"{log.since or 0} entries, signed within the last 24 hours"
    if log.policy.quorum is None:
        return Finding("key log", "warn", f"{said} by the relay alone", "Ask its operator for a policy with witnesses.")
    witnesses = len(log.policy.witnesses)
    named = "1 witness" if witnesses == 1 else f"{witnesses} witnesses"
    return Finding("key log", "ok", f"{said}, as its policy with {named} asks")


def _clock(date: str, seconds: float) -> Finding:
    try:
        skew = (datetime.now(UTC) - parsedate_to_datetime(date)).total_seconds() - seconds / 2
    except ValueError:
        return Finding("clock", "warn", "the relay does not say what time it is", "Compare the clocks by hand.")
    if abs(skew) > _SKEW_SECONDS:
        return Finding("clock", "bad", f"this machine is {skew:+.0f} s away from the relay", "Set the clock (NTP).")
    return Finding("clock", "ok", "this machine and the relay agree")


async def _login(url: str, login: str, seed: SigningSeed) -> Finding:
    from clients.sdk.client import Client  # noqa: PLC0415 - loads Twisted

    try:
        async with await Client.with_key(url, login, seed) as client:
            return Finding("log-in", "ok", f"{login} may act for {len(client.accounts)} accounts")
    except Refusal as refusal:
        failure = explain(refusal)
        return Finding("log-in", "bad", failure.what if failure else refusal.name, failure.todo if failure else "")


def _report(output: Output, findings: list[Finding]) -> None:
    if output.as_json:
        output.result({"findings": [asdict(finding) for finding in findings]}, "")
    else:
        for finding in findings:
            output.console.print(f"{_MARKS[finding.verdict]} {finding.check:14} {escape(finding.found)}")
            if finding.todo:
                output.console.print(f"  {'':14} [dim]→[/dim] {escape(finding.todo)}")
    if any(finding.verdict == "bad" for finding in findings):
        raise typer.Exit(exits.FAILED)
