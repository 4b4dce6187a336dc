"""The patient's program (tests.live.patient) as an object: started, asked, ended by its own process id."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demo.installation import Member
from tests.live.polling import until
from tests.live.program import Program


class Desk:
    """One patient who stays logged in."""

    def __init__(self, origin: str, member: Member, code: Callable[[], str], log: Path) -> None:
        given = (origin, member.login, member.password, member.patient.address)
        self._program = Program("tests.live.patient", given, log)
        said = self._program.hear()
        if "code" in said:
            self._program.say(code())
            said = self._program.hear()
        self.account = str(said["ready"])

    def letters(self) -> list[dict[str, Any]]:
        """All letters, oldest first; none while the relay is away."""
        found = self._program.ask({"do": "news"})
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
        said = self._program.ask(command)
        if "sent" not in said:
            raise RuntimeError(f"not sent: {said}")
        return str(said["sent"])

    def close(self) -> None:
        """End the program."""
        self._program.close()
