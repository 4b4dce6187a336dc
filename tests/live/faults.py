"""Faults under a running process, made by strace (Debian's): a system call kills it, fails, or finds no room.

strace stops the real system calls of all its threads, those of SQLite's C code too. It counts for each thread alone:
"the third" is the third of whichever thread comes to three first.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FLUSHES = "fsync,fdatasync"


@cache
def missing() -> str:
    """Why no fault can be made here; empty when it can."""
    if shutil.which("strace") is None:
        return "strace is not installed: scripts/debian-packages"
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "this machine lets nobody trace a process (ptrace)"


def run(words: list[str], calls: str, what: str, cwd: Path) -> int:
    """A command's status, with `what` as in fault() from its first system call on."""
    traced = ["strace", "-f", "-e", f"trace={calls}", "-e", f"inject={calls}:{what}", "-o", os.devnull, *words]
    return subprocess.run(traced, cwd=cwd, stderr=subprocess.DEVNULL, check=False, timeout=60).returncode


@contextlib.contextmanager
def fault(pid: int, calls: str, what: str) -> Iterator[None]:
    """`what` is strace's, such as `signal=SIGKILL:when=3` or `error=EIO:when=2+`. It ends with the block."""
    words = ["strace", "-f", "-p", str(pid), "-e", f"trace={calls}", "-e", f"inject={calls}:{what}", "-o", os.devnull]
    tracer = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    try:
        assert "attached" in said, said
        yield
    finally:
        _let_go(tracer)


def _let_go(tracer: "subprocess.Popen[str]") -> None:
    tracer.terminate()
    try:
        tracer.communicate(timeout=1)
    except subprocess.TimeoutExpired:
        # It misses the end of a thread at times, and waits for it for ever; whom it traced are free when it has gone.
        tracer.kill()
        tracer.communicate(timeout=20)
