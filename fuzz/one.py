"""One parser in a process of its own: `python -m fuzz.one NAME SECONDS FOLDER`. Atheris drives it, guided by coverage.

The input that broke it is left in FOLDER; `FOLDER/report` says how many inputs ran and how long the slowest took.
"""

import contextlib
import sys
import time
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["crypto", "clients", "messaging"]):
    from fuzz.targets import TARGETS, Target

LIMIT_MS: Final = 20.0
INPUT_LIMIT: Final = 65536  # bytes: larger ones only repeat what smaller ones do


class TooSlow(Exception):
    """An input cost more processor time than its sender should be able to spend here."""


class Counter:
    """Runs inputs, and remembers how many and the slowest."""

    def __init__(self, target: Target, report: Path) -> None:
        self._target, self._report = target, report
        self._runs, self._slowest = 0, 0.0

    def run(self, data: bytes) -> None:
        """One input. Raises whatever the parser should not raise, and TooSlow."""
        took = self._timed(data)
        if took > LIMIT_MS:
            # A collection of garbage or a page fault is not the input's: what is slow is slow three times.
            took = min(took, self._timed(data), self._timed(data))
        self._runs += 1
        self._slowest = max(self._slowest, took)
        if self._runs % 1000 == 0:
            self._report.write_text(f"{self._runs} {self._slowest}")
        if took > LIMIT_MS:
            raise TooSlow(f"{took:.1f} ms for {len(data)} bytes")

    def _timed(self, data: bytes) -> float:
        began = time.thread_time()
        with contextlib.suppress(*self._target.refuses):
            self._target.run(data)
        return (time.thread_time() - began) * 1000


def main(name: str, seconds: int, folder: Path) -> None:
    """Fuzz one target from its seeds. Does not return: libFuzzer ends the process."""
    target = TARGETS[name]
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    counter = Counter(target, folder / "report")
    flags = [f"-max_total_time={seconds}", f"-max_len={INPUT_LIMIT}", f"-artifact_prefix={folder}/", "-timeout=10"]
    atheris.Setup([sys.argv[0], *flags, "-rss_limit_mb=2048", str(corpus)], counter.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
