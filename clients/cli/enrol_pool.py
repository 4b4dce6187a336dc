"""Keys and letters on all cores: processes of their own for a long list, none for a short one."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import process
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
FEW: Final = 500  # people that are done sooner than a process has started


class Pool:
    """Does work in `workers` processes; with none, here."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    @classmethod
    def for_people(cls, count: int) -> "Pool":
        """As many processes as there are cores for us; none when it does not pay."""
        return cls(0 if count <= FEW else len(os.sched_getaffinity(0)))

    def __enter__(self) -> Self:
        if self.workers:
            # Not forked: a loop runs here, and threads may.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=_begin)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    async def do(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What `work` returns or raises. What it is given travels, so it must be plain values."""
        if self._pool is None:
            return work(*given, **named)
        call: Any = asyncio.get_running_loop().run_in_executor(self._pool, _Call(work, given, named))
        return await call  # type: ignore[no-any-return]  # it is what `work` returns


class _Call:
    def __init__(self, work: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._work, self._given, self._named = work, given, named

    def __call__(self) -> Any:
        return self._work(*self._given, **self._named)


def _begin() -> None:
    # There is a process for each core already: threads of the typesetter's own cost a tenth and win nothing.
    os.environ["RAYON_NUM_THREADS"] = "1"
    _die_with_parent()


def _die_with_parent() -> None:
    # A worker that waits for work never learns that its parent was killed: both ends of the pipe are its own as well.
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    parent = process.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
