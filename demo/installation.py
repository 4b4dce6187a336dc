"""One Pli on this machine: witness, relay and gateway as child processes, their keys, and activated patients.

Used by `./dev run` and by the live tests: the same parts started in the same way.
"""

import csv
import dataclasses
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyotp

from demo.child import Child
from demo.layout import Layout, Trust, witness_port, write_gateway_config, write_log_policy, write_relay_config
from demo.names import CLINIC_DOMAIN, GATEWAY_LOGIN, STATION_LOGIN, WITNESS_NAME, Patient

ROOT: Final = Path(__file__).parents[1]
STEP: Final = 30  # seconds; a relay takes each step's code once (RFC 6238)
WEB: Final = ROOT / "clients" / "web" / "dist"


class Failed(Exception):
    """A command of the set-up failed; the text is what it said."""


@dataclass(frozen=True)
class Member:
    """An activated patient, able to log in. `totp_secret` is base32, `activated` in seconds since 1970; `recovery` is
    the code of their recovery kit."""

    patient: Patient
    login: str
    password: str
    totp_secret: str
    activated: float
    recovery: str = ""

    def code(self, now: float) -> str:
        """A one-time code that the relay takes at `now`: in the half minute of the activation, already the next one."""
        step = max(int(now) // STEP, int(self.activated) // STEP + 1)
        return pyotp.TOTP(self.totp_secret).at(step * STEP)


class Installation:
    """The parts of one running Pli below `layout.folder`."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.relay = self._part("relay", "serve", "--config", str(layout.relay_config))
        self.gateway = self._part("gateway", "gateway", "--config", str(layout.gateway_config))
        self._witness: Child | None = None

    @property
    def parts(self) -> tuple[Child, ...]:
        """In the order in which they start; the witness once it was configured."""
        return (*filter(None, (self._witness,)), self.relay, self.gateway)

    def _part(self, name: str, *arguments: str) -> Child:
        return Child(name, ["-m", "pli", *arguments], self.layout.logs / f"{name}.log", self.layout.temporary)

    def configure(self, trust: Trust, routes: Mapping[str, str], web: Path = WEB) -> None:
        """Write both configurations, make the keys and register their owners at the relay. Can be repeated."""
        self.layout.folder.mkdir(parents=True, exist_ok=True)
        gateway = str(run_pli("gateway-key", str(self.layout.gateway_key))["publicKey"])
        station = self._station_key()
        write_relay_config(self.layout, web)
        write_gateway_config(self.layout, trust, routes, station)
        self._configure_witness((station, gateway))
        config = ("--config", str(self.layout.relay_config))
        known = {entry["login"] for entry in run_pli("operator", "list", *config)}
        if GATEWAY_LOGIN not in known:
            run_pli(
                "operator", "add-bridge", GATEWAY_LOGIN, "--public-key", gateway, "--domain", CLINIC_DOMAIN, *config
            )
        if STATION_LOGIN not in known:
            run_pli("operator", "add-station", STATION_LOGIN, "--public-key", station, *config)

    def start(self) -> None:
        """Start all parts. Raises DidNotStart."""
        for part in self.parts:
            part.start()

    def stop(self) -> None:
        """End all parts, the gateway first."""
        for part in reversed(self.parts):
            part.stop()

    def members(self, people: Mapping[str, Patient], passwords: Mapping[str, str]) -> dict[str, Member]:
        """These patients by log-in, enrolled and activated; the relay must run. What was done is not done again."""
        kept = self.layout.folder / "members.json"
        known = read_members(kept)
        new = {login: patient for login, patient in people.items() if login not in known}
        if new:
            known |= self._enrol(new, passwords)
            write_secret(kept, json.dumps({login: dataclasses.asdict(member) for login, member in known.items()}))
        return {login: known[login] for login in people}

    def letter_codes(self, people: Mapping[str, Patient]) -> dict[str, str]:
        """The codes of these patients' letters by log-in, as an enrolment station prints them; the relay must run."""
        listed = self.layout.folder / "people.csv"
        write_people(listed, people)
        station = ("--relay", self.layout.origin, "--login", STATION_LOGIN, "--key-file", str(self.layout.station_key))
        run_pli("enrol", str(listed), *station, "--letters", str(self.layout.letters), "--as", "text")
        return {login: self._letter_code(login) for login in people}

    def _enrol(self, people: Mapping[str, Patient], passwords: Mapping[str, str]) -> dict[str, Member]:
        """As an enrolment station and then as each person: a list, paper letters, activation by the letter's code."""
        codes = self.letter_codes(people)
        return {
            login: self._activate(login, patient, codes[login], passwords[login]) for login, patient in people.items()
        }

    def _activate(self, login: str, patient: Patient, code: str, password: str) -> Member:
        names = ("letter-code", "password", "totp", "recovery")
        files = {name: self.layout.folder / f"{login}.{name}" for name in names}
        write_secret(files["letter-code"], code)
        write_secret(files["password"], password)
        options = [text for name, path in files.items() for text in (f"--{name}-file", str(path))]
        run_pli("activate", "--relay", self.layout.origin, "--login", login, *options)
        secret, recovery = (files[name].read_text().strip() for name in ("totp", "recovery"))
        for path in files.values():
            path.unlink()
        return Member(patient, login, password, secret, time.time(), recovery)

    def _letter_code(self, login: str) -> str:
        letter = max(self.layout.letters.glob(f"{login}-*.txt"), key=lambda path: path.stat().st_mtime)
        found = re.search(r"^Code +: (\S+)$", letter.read_text(), re.MULTILINE)
        if found is None:
            raise Failed(f"{letter} holds no code")
        return found[1]

    def _configure_witness(self, enrollers: tuple[str, ...]) -> None:
        """A witness that believes these enrollers alone, and the policy that asks for its signature."""
        made = run_pli("log", "witness-key", str(self.layout.witness_key), "--name", WITNESS_NAME)
        port = witness_port(self.layout)
        if port is None:
            port = self.layout.ports.witness or _free_port()
            lines = run_words("operator", "log-policy", "--config", str(self.layout.relay_config))
            keys = "".join(line for line in lines.splitlines(keepends=True) if line.startswith("log "))
            write_log_policy(self.layout, keys, made["vkeys"][-1], port)
        named = [word for enroller in enrollers for word in ("--enroller", enroller)]
        self._witness = self._part(
            "witness", "log", "witness", "--log", self.layout.log_url, "--policy", str(self.layout.log_policy),
            "--key-file", str(self.layout.witness_key), "--listen", f"127.0.0.1:{port}",
            "--data", str(self.layout.witness_data), *named,
        )  # fmt: skip

    def _station_key(self) -> str:
        if not self.layout.station_key.exists():
            run_pli("keys", "new", str(self.layout.station_key))
        return str(run_pli("keys", "show", str(self.layout.station_key))["publicKey"])


def run_pli(*arguments: str, given: str = "") -> Any:
    """What `pli ... --json` says. Raises Failed with its words."""
    said = run_words(*arguments, "--json", given=given)
    return json.loads(said) if said.strip() else {}


def run_words(*arguments: str, given: str = "") -> str:
    """What `pli ...` says, whatever the person at the terminal has set or used before. Raises Failed with its words."""
    command = [sys.executable, "-m", "pli", *arguments]
    # What a command remembers of a key log is of one relay: of the next one at the same address it would be a lie.
    with TemporaryDirectory(prefix="pli-") as settings:
        environment = os.environ | {"XDG_CONFIG_HOME": settings}
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, cwd=ROOT, env=environment, check=False
        )
    if done.returncode:
        raise Failed(f"pli {' '.join(arguments[:2])}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def read_members(kept: Path) -> dict[str, Member]:
    """What members() wrote; nobody when it never did."""
    if not kept.exists():
        return {}
    raw = json.loads(kept.read_text())
    return {login: Member(**{**entry, "patient": Patient(**entry["patient"])}) for login, entry in raw.items()}


def write_people(path: Path, people: Mapping[str, Patient]) -> None:
    """The CSV that `pli enrol` takes; `people` by log-in name."""
    with path.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["kind", "login", "family_name", "first_name", "birth_date", "address"])
        for login, patient in people.items():
            names = [patient.birth_name, patient.first_name.title(), patient.birth_date]
            rows.writerow(["patient", login, *names, patient.address])


def write_secret(path: Path, text: str) -> None:
    """A file for its owner alone, written anew."""
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text + "\n")
