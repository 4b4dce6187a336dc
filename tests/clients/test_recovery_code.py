"""The recovery code is handed over: into a file of its own, or shown to a person who types some of it back."""

import os
import re
import subprocess
import sys
from pathlib import Path

from clients.cli import recovery
from crypto.code import format_code, new_code, parse_code

ROOT = Path(__file__).parents[2]


def test_a_script_gets_its_recovery_code_in_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "recovery"

    first, again = recovery.hand_over("anne", path), recovery.hand_over("anne", path)

    assert first == again == parse_code(path.read_text().strip())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_script_without_a_place_for_it_is_stopped() -> None:
    done = _hand_over_without_terminal()

    assert done.returncode != 0
    assert "recovery-file" in done.stderr
    assert not re.search(r"(\w{3}-){8}\w{3}", done.stdout + done.stderr)


def _hand_over_without_terminal() -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "pli", "activate", "--relay", "http://127.0.0.1:9", "--login", "anne", "--letter-code",
         format_code(new_code()), "--password-file", "/dev/fd/0"],
        capture_output=True, text=True, cwd=ROOT, input="un mot tranquille", check=False, timeout=60,
    )  # fmt: skip


class Terminal:
    """A person before a terminal: reads what is asked, and answers."""

    def __init__(self) -> None:
        self.master, inner = os.openpty()
        script = "from clients.cli.recovery import hand_over as h; from crypto.code import format_code as f; "
        self.process = subprocess.Popen(
            [sys.executable, "-c", script + "print(f(h('anne', None)))"], stdin=inner, stdout=subprocess.PIPE,
            stderr=inner, cwd=ROOT, text=True,
        )  # fmt: skip
        os.close(inner)
        self._read = ""

    def until(self, pattern: str) -> "re.Match[str]":
        """The next place in what is shown that looks so."""
        while (found := re.search(pattern, self._read)) is None:
            self._read += os.read(self.master, 4096).decode()
        self._read = self._read[found.end() :]
        return found

    def type(self, text: str) -> None:
        os.write(self.master, f"{text}\n".encode())

    def end(self) -> tuple[int, str]:
        said = self.process.communicate(timeout=20)[0]
        os.close(self.master)
        return self.process.returncode, said.strip()


def test_a_person_types_two_groups_of_the_code_back() -> None:
    person = Terminal()
    code = person.until(r"((?:\w{3}-){8}\w{3})")[1]
    for _ in range(2):
        number = int(person.until(r"Group (\d) of 9")[1])
        person.type(code.split("-")[number - 1].lower())

    assert person.end() == (0, code)


def test_who_has_not_copied_the_code_goes_no_further() -> None:
    person = Terminal()
    for _ in range(3):
        person.until(r"Group \d of 9")
        person.type("no")

    status, said = person.end()

    assert (status, said) == (1, "")
