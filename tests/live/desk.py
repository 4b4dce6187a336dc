"""The patient's program (tests.live.patient) as an object: started, asked, ended by its own process id."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.installation import ROOT, Member
from tests.live.polling import until


class Desk:
    """One patient who stays logged in."""

    def __init__(self, origin: str, member: Member, code: Callable[[], str], log: Path) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.live.patient",
            origin,
            member.login,
            member.password,
            member.patient.address,
        ]
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT
            )
        said = self._hear()
        if "code" in said:
            self._say(code())
            said = self._hear()
        self.account = str(said["ready"])

    def letters(self) -> list[dict[str, Any]]:
        """All letters, oldest first; none while the relay is away."""
        found = self._ask({"do": "news"})
        return list(found.get("letters", []))

    def with_mail(self, message_id: str) -> list[dict[str, Any]]:
        """The letters that were made of this mail."""
        return [letter for letter in self.letters() if letter["mail"] == message_id]

    def wait_for(self, message_id: str, seconds: float = 40) -> dict[str, Any]:
        """The letter of this mail, once it is there."""
        found = until(lambda: self.with_mail(message_id), "the patient has the letter", seconds)
        return found[0]

    def answer(self, letter: str, text: str, name: str, data: bytes) -> str:
        """Answer a letter with a file; its letter id. Raises RuntimeError when the relay refuses."""
        command = {"do": "answer", "to": letter, "text": text, "name": name, "data": base64.b64encode(data).decode()}
        said = self._ask(command)
        if "sent" not in said:
            raise RuntimeError(f"not sent: {said}")
        return str(said["sent"])

    def close(self) -> None:
        """End the program."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()

    def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        self._say(json.dumps(command))
        return self._hear()

    def _say(self, line: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the patient's program ended: {self._log.read_text()[-2000:]}")
        return dict(json.loads(line))
