"""`./dev fuzz [TARGET ...] [--minutes N]`: all parsers share the minutes, two at a time; exit code 1 when one broke."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fuzz.targets import TARGETS

AT_ONCE = 2
FOUND = Path(".pli/fuzz")


@dataclass(frozen=True)
class Outcome:
    """How one target came out: `runs` inputs, the slowest in milliseconds, and what broke, if anything did."""

    name: str
    runs: int
    slowest: float
    failure: str


def main(
    targets: Annotated[list[str] | None, typer.Argument(help="names of parsers (all)")] = None,
    minutes: Annotated[float, typer.Option(help="wall-clock minutes in all")] = 10,
) -> None:
    """Throw mutated input at each parser: nothing but its one error may come out, within 20 ms of processor time."""
    names = targets or list(TARGETS)
    if unknown := set(names) - set(TARGETS):
        raise typer.BadParameter(f"no such parser: {', '.join(sorted(unknown))}. There are: {', '.join(TARGETS)}")
    seconds = max(2, int(minutes * 60 * AT_ONCE / len(names)))
    outcomes = _all(names, seconds)
    _show(outcomes)
    if any(outcome.failure for outcome in outcomes):
        raise typer.Exit(1)


def _all(names: Sequence[str], seconds: int) -> list[Outcome]:
    console, outcomes = Console(stderr=True), []
    with ThreadPoolExecutor(AT_ONCE) as pool, console.status("") as status:
        for outcome in _each(pool, names, seconds):
            outcomes.append(outcome)
            status.update(f"{len(outcomes)} of {len(names)} parsers, {outcome.name} done")
    return outcomes


def _each(pool: ThreadPoolExecutor, names: Sequence[str], seconds: int) -> Iterator[Outcome]:
    yield from pool.map(lambda name: _one(name, seconds), names)


def _one(name: str, seconds: int) -> Outcome:
    folder = FOUND / name
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "fuzz.one", name, str(seconds), str(folder)]
    began = time.monotonic()
    try:
        limit = seconds + 120
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=limit, errors="replace")
    except subprocess.TimeoutExpired:
        return Outcome(name, 0, 0, f"did not end in {time.monotonic() - began:.0f} s")
    runs, slowest = _report(folder)
    failure = "" if done.returncode == 0 else _reason(done.stderr)
    return Outcome(name, runs, slowest, failure)


def _report(folder: Path) -> tuple[int, float]:
    try:
        runs, slowest = (folder / "report").read_text().split()
    except (OSError, ValueError):
        return 0, 0
    return int(runs), float(slowest)


def _reason(text: str) -> str:
    """The exception's own line, which libFuzzer's log has after its heading; else the last word of the process."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    heading = next((at for at, line in enumerate(lines) if "Uncaught Python exception" in line), len(lines))
    return [*lines[heading + 1 : heading + 2], *lines[-1:], "it ended without a word"][0][:160]


def _show(outcomes: Sequence[Outcome]) -> None:
    table = Table(box=None, header_style="bold")
    table.add_column("parser")
    for name in ("inputs", "slowest"):
        table.add_column(name, justify="right")
    table.add_column("outcome")
    for outcome in outcomes:
        words = f"[red]{outcome.failure}[/] (input in {FOUND / outcome.name})" if outcome.failure else "[green]held[/]"
        table.add_row(outcome.name, f"{outcome.runs:,}", f"{outcome.slowest:.2f} ms", words)
    Console().print(table)


if __name__ == "__main__":
    typer.run(main)
