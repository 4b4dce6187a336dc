"""What the processes of bridges/ do before they serve: give up core dumps and readers, and settle their memory."""

import ctypes
import gc
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # prctl(2)


def keep_no_core() -> None:
    """No core file, not even through a pipe of the kernel's core pattern (which ignores RLIMIT_CORE)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def settle_memory() -> None:
    """What is loaded now stays: the collector need not walk it again and again. Once, when all is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
