"""Two long computations over one chunk at once: hashing and sealing both leave the interpreter free while they run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Final

WORTH_A_THREAD: Final = 256 * 1024  # bytes: below this, starting a thread costs more than it saves


@contextmanager
def beside(act: Callable[[], object], size: int) -> Iterator[None]:
    """Run `act`, which works on `size` bytes and does not raise, during the block; it has ended when the block has."""
    if size < WORTH_A_THREAD:
        act()
        yield
        return
    thread = Thread(target=act, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()
