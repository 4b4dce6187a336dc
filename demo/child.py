"""A part of Pli as a child process: started, waited for until it says `ready`, ended by its own process id."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

READY_SECONDS: Final = 30.0


class DidNotStart(Exception):
    """A part ended or stayed silent before it was ready; the text ends with its last words."""


class Child:
    """One part. Its errors go to a log file; its own output is read for the line that begins with `ready`."""

    def __init__(self, name: str, arguments: Sequence[str], log: Path, temporary: Path) -> None:
        self.name = name
        self._arguments = [sys.executable, *arguments]
        self.log = log
        self._temporary = temporary
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The process id. Raises RuntimeError while it does not run."""
        if self._process is None:
            raise RuntimeError(f"{self.name} does not run")
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it is ready. Raises DidNotStart."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._temporary.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # Its own group: Ctrl-C reaches only the parent, which then ends each part in order.
            self._process = subprocess.Popen(
                self._arguments,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                process_group=0,
                env=os.environ | {"PYTHONUNBUFFERED": "1", "TMPDIR": str(self._temporary)},
            )
        self.log.with_suffix(".pid").write_text(str(self._process.pid))
        if not self._wait_until_ready(self._process):
            self.stop()
            raise DidNotStart(f"{self.name} did not start. {self.last_words()}")

    def stop(self) -> None:
        """Ask it to end and wait; after 10 seconds end it hard."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._close(process.stdout)

    def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self._close(process.stdout)

    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"Its log {self.log} ends with:\n{text[-1500:]}"

    def _close(self, stream: IO[str] | None) -> None:
        self.log.with_suffix(".pid").unlink(missing_ok=True)
        if stream is not None:
            stream.close()

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> bool:
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(process.stdout, lines, self.log), daemon=True).start()
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                line = lines.get(timeout=0.1)
            except queue.Empty:
                if process.poll() is not None:
                    return False
                continue
            if line.startswith("ready"):
                return True
        return False


def _read(stream: IO[str] | None, lines: "queue.Queue[str]", log: Path) -> None:
    """Carry every line on, so that a part never waits on a full pipe."""
    if stream is None:
        return
    try:
        for line in stream:
            lines.put(line)
            with log.open("a") as out:
                out.write(line)
    except ValueError:  # closed while reading: the part was ended
        return


def end_leftovers(logs: Path) -> None:
    """End parts whose parent was killed before it could end them: known by their pid file and their command line."""
    for kept in logs.glob("*.pid"):
        pid = int(kept.read_text() or 0)
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            command = b""
        if b"\0-m\0pli\0" in command and str(logs.parent).encode() in command:
            os.kill(pid, signal.SIGKILL)
            _wait_until_gone(pid)
        kept.unlink()


def _wait_until_gone(pid: int) -> None:
    """It is nobody's child any more: only its entry tells. Its ports are free when it is gone."""
    deadline = time.monotonic() + 10
    while Path(f"/proc/{pid}/exe").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
