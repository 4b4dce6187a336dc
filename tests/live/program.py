"""A program of a test's own as a child process: one JSON command a line in, one JSON answer a line out."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demo.installation import ROOT


class Program:
    """Started by its module's name, ended by its own process id."""

    def __init__(self, module: str, arguments: Sequence[str], log: Path) -> None:
        self._log = log
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=errors, text=True, cwd=ROOT,
            )  # fmt: skip

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """Its answer. Raises RuntimeError where it has ended."""
        self.say(json.dumps(command))
        return self.hear()

    def say(self, line: str) -> None:
        """One line to it."""
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """One line of it. Raises RuntimeError where it has ended."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the program ended: {self._log.read_text()[-2000:]}")
        return dict(json.loads(line))

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
