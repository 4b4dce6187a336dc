"""The parsing process: `python -m bridges.mail.worker`. Reads foreign mail from its standard input, answers values.

Laws: it holds no key and no network; CPU, memory, files and child processes are limited before the first mail; a
frame (frames.py) is MessagePack. Whatever happens to it happens to one mail.
"""

import mimetypes
import os
import resource
import sys
import sysconfig
import zoneinfo
from collections.abc import Callable
from typing import Any, BinaryIO, Final

import msgspec

from bridges.mail import limits
from bridges.mail.frames import head
from bridges.mail.parse import parse
from bridges.mail.parsed import Refused
from bridges.process import keep_no_core
from messaging import memory

_ENCODER = msgspec.msgpack.Encoder()
_FORBIDDEN: Final = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.spawn",
    "ctypes.",
)
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def main() -> None:
    """Serves until its input ends."""
    confine()
    memory.settle()
    refused = _ENCODER.encode(Refused("5.6.0", "reading the message needs more memory than a message may take"))
    serve(sys.stdin.buffer, sys.stdout.buffer, lambda raw: _ENCODER.encode(parse(raw)), refused)


def serve(source: BinaryIO, sink: BinaryIO, answer: Callable[[bytes], bytes], out_of_memory: bytes) -> None:
    """Answers frame by frame until `source` ends. Each frame has its own time; `out_of_memory` is said once."""
    while True:
        raw = _read(source)
        if raw is None:
            return
        _allow_cpu()
        try:
            said = answer(raw)
        except MemoryError:
            # What is left of the memory may be in pieces: answer, and let a fresh process take the next one.
            _write(sink, out_of_memory, last=True)
            return
        _write(sink, said)


def confine() -> None:
    """Takes away what parsing does not need. Nothing gives it back."""
    keep_no_core()
    mimetypes.init()  # reads the system's lists: later no file of the system opens
    resource.setrlimit(resource.RLIMIT_AS, (limits.WORKER_MEMORY, limits.WORKER_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    if os.geteuid() != 0:  # counted per user, and not for root
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    sys.addaudithook(_Guard())


class _Guard:
    """Refuses what no parser does: sockets, children, writing, reading but Python's and the time zones' files."""

    def __init__(self) -> None:
        paths = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *zoneinfo.TZPATH, *sys.path}
        self._roots = tuple(os.path.realpath(path) for path in paths if path)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(*arguments[:3])
        elif event.startswith(_FORBIDDEN):
            raise PermissionError(event)

    def _opened(self, path: object, mode: object, flags: object) -> None:
        writes = isinstance(flags, int) and flags & _WRITING
        if writes or (isinstance(mode, str) and set(mode) & set("wax+")):
            raise PermissionError("open")
        if isinstance(path, str | bytes) and not os.path.realpath(os.fsdecode(path)).startswith(self._roots):
            raise PermissionError("open")


def _allow_cpu() -> None:
    # The kernel kills at the soft limit (SIGXCPU); it is moved ahead for each mail.
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + limits.WORKER_CPU_SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def _read(source: BinaryIO) -> bytes | None:
    length = source.read(4)
    return source.read(int.from_bytes(length, "big")) if len(length) == 4 else None


def _write(sink: BinaryIO, frame: bytes, *, last: bool = False) -> None:
    sink.write(head(len(frame), last=last))
    sink.write(frame)
    sink.flush()


if __name__ == "__main__":
    main()
