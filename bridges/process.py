"""What a process that sees plaintext gives up: core dumps, and being read by other processes of its user."""

import ctypes
import resource
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4  # prctl(2)


def keep_no_core() -> None:
    """No core file, not even through a pipe of the kernel's core pattern (which ignores RLIMIT_CORE)."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
