"""A process that sees plaintext leaves no core, whatever kills it and whatever the system allows."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEPT = {
    "gateway": "from bridges.process import keep_no_core; keep_no_core()",
    "worker": "from bridges.mail.worker import confine; confine()",
}
CRASHES = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS)
# The parent alone sees whether the kernel made a core, wherever its pattern sends it.
WATCH = """
import os, resource, sys
child = os.fork()
if child == 0:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    canari = b"canari" * 1000
    {kept}
    os.kill(os.getpid(), {number})
    os._exit(0)
_, status = os.waitpid(child, 0)
assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == {number}, status
raise SystemExit(9 if os.WCOREDUMP(status) else 7)
"""


def _ends(kept: str, number: int, folder: Path) -> int:
    program = WATCH.format(kept=kept, number=int(number))
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
    ).returncode


@pytest.mark.parametrize("part", KEPT)
@pytest.mark.parametrize("number", CRASHES)
def test_a_crash_leaves_no_core(part: str, number: int, tmp_path: Path) -> None:
    assert _ends(KEPT[part], number, tmp_path) == 7
    assert list(tmp_path.iterdir()) == []


def test_without_that_it_would(tmp_path: Path) -> None:
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("this system forbids every core")
    assert _ends("pass", signal.SIGABRT, tmp_path) in (9, 7)  # 7: where the kernel's pattern leads nowhere
