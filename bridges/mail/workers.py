"""The pool of parsing processes, kept warm. A worker's death refuses one mail and never stops the service.

Laws: one mail at a time in a worker; a worker that died, was cut off, is old or said goodbye (worker.py) is replaced in
the background, and no mail is given to one that is known to be gone.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import msgspec

import bridges
from bridges.mail import limits
from bridges.mail.frames import LAST, head
from bridges.mail.parsed import Answer, ParsedMail, Refused
from bridges.mail.refusal import CannotRead

T = TypeVar("T")
COMMAND: Final = (sys.executable, "-m", "bridges.mail.worker")
_DECODER: Final = msgspec.msgpack.Decoder(Answer)
_STREAM = 4 << 20  # bytes of read-ahead: the default of 64 KiB makes large answers slow


class WorkerDied(Exception):
    """The process ended while it had a mail, through no limit of ours. The mail may be tried again."""


class Workers:
    """`size` processes; `parse` waits for a free one."""

    def __init__(
        self, size: int, wall_seconds: float = limits.WORKER_WALL_SECONDS, command: Sequence[str] = COMMAND
    ) -> None:
        self._size, self._wall, self._command = size, wall_seconds, tuple(command)
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        self._alive: set[_Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.size, self.deaths = size, 0

    async def start(self) -> None:
        """All processes run when this returns."""
        await asyncio.gather(*(self._add() for _ in range(self._size)))

    async def stop(self) -> None:
        """Ends the processes; what they were reading is lost."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in self._alive))
        self._alive.clear()

    def alive(self) -> list[int]:
        """Their process ids."""
        return [worker.process.pid for worker in self._alive]

    async def parse(self, raw: bytes) -> ParsedMail:
        """Raises CannotRead: refused for good; WorkerDied: not now."""
        answer = await self.ask(raw, _decoded)
        if isinstance(answer, Refused):
            raise CannotRead(answer.status, answer.reason)
        return answer

    async def ask(self, raw: bytes, decoded: Callable[[bytes], T]) -> T:
        """What a process of this pool answers to one frame. Raises CannotRead: it took too long; WorkerDied."""
        worker = await self._fit()
        fit = False
        try:
            answer = decoded(await asyncio.wait_for(worker.ask(raw), self._wall))
            fit = not worker.worn
        except TimeoutError:
            raise CannotRead("5.6.0", "reading the message takes longer than a message may take") from None
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
            raise await self._death(worker) from None
        finally:  # also when the mail's connection was cut: the worker is then in the middle of it
            self._give_back(worker, fit)
        return answer

    async def _fit(self) -> "_Worker":
        """The next worker that is still there: one that ended while it waited (memory was short, say) costs no mail."""
        while (worker := await self._idle.get()).is_gone():
            self.deaths += 1
            self._give_back(worker, fit=False)
        return worker

    async def _death(self, worker: "_Worker") -> Exception:
        self.deaths += 1
        if await worker.end() == -signal.SIGXCPU:
            return CannotRead("5.6.0", "reading the message takes longer than a message may take")
        return WorkerDied()

    def _give_back(self, worker: "_Worker", fit: bool) -> None:
        if fit:
            self._idle.put_nowait(worker)
            return
        task = asyncio.get_running_loop().create_task(self._replace(worker))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replace(self, worker: "_Worker") -> None:
        self._alive.discard(worker)
        await worker.end()
        while True:
            try:
                return await self._add()
            except OSError:  # no memory or no process left: the service goes on with the others
                await asyncio.sleep(1)

    async def _add(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=_STREAM, env=_environment()
        )
        worker = _Worker(process)
        self._alive.add(worker)
        self._idle.put_nowait(worker)


def _decoded(frame: bytes) -> Answer:
    answer: Answer = _DECODER.decode(frame)
    return answer


def _environment() -> dict[str, str]:
    # Nothing of ours: no variable of the service reaches a process that reads strangers' bytes.
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    root = Path(bridges.__file__).resolve().parent.parent
    return kept | {
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUTF8": "1",
        "MALLOC_ARENA_MAX": "1",
        "RAYON_NUM_THREADS": "1",
    }


@dataclass(eq=False)
class _Worker:
    process: Process
    mails: int = 0
    leaves: bool = False  # it said that it takes no more

    @property
    def worn(self) -> bool:
        return self.leaves or self.mails >= limits.WORKER_MAILS or self.process.returncode is not None

    def is_gone(self) -> bool:
        """Whether it ended, also when the loop has not heard of it yet."""
        if self.process.returncode is not None:
            return True
        try:
            ended = os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # the loop's watcher was first
            return True
        return ended is not None

    async def ask(self, raw: bytes) -> bytes:
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise ConnectionError("the worker has no pipes")
        self.mails += 1
        stdin.write(head(len(raw)))
        stdin.write(raw)
        await stdin.drain()
        length = int.from_bytes(await stdout.readexactly(4), "big")
        self.leaves = bool(length & LAST)
        return await stdout.readexactly(length & ~LAST)

    async def end(self) -> int:
        """The exit status; negative: the signal."""
        if self.process.returncode is None:
            # A worker that ended by itself keeps its own status: give it the moment to be noticed.
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(self.process.wait(), 0.2)
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        return await self.process.wait()
