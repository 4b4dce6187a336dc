"""One measured line, and how a run of them is shown: a table for people, JSON rows for machines."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """`ratio` is measured / peer_measured where there is a peer or a limit; `met` is None where there is no goal."""

    group: str
    workload: str
    measured: float
    unit: str
    peer: str = ""
    peer_measured: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool | None = None

    def as_json(self) -> dict[str, object]:
        """The row of docs/operations.md, section Measuring."""
        return asdict(self)


def against(
    group: str, workload: str, measured: float, unit: str, peer: str, peer_measured: float, goal: str, at_least: float
) -> Row:
    """A row whose goal is a ratio to a peer measured in the same run: `measured >= at_least * peer_measured`."""
    ratio = measured / peer_measured
    return Row(group, workload, measured, unit, peer, peer_measured, ratio, goal, ratio >= at_least)


def at_most(group: str, workload: str, measured: float, unit: str, limit: float) -> Row:
    """A row whose goal is an upper limit in the same unit."""
    return Row(group, workload, measured, unit, goal=f"<= {limit:g} {unit}", met=measured <= limit)


def at_least(group: str, workload: str, measured: float, unit: str, limit: float) -> Row:
    """A row whose goal is a lower limit in the same unit."""
    return Row(group, workload, measured, unit, goal=f">= {limit:g} {unit}", met=measured >= limit)


def seconds(act: Callable[[], object], rounds: int, warm: int = 2) -> float:
    """Median seconds of one call of `act`, after `warm` calls that do not count."""
    for _ in range(warm):
        act()
    return median([_once(act) for _ in range(rounds)])


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` from 0 to 1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(rows: Sequence[Row]) -> None:
    """The table on standard output."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for name in ("group", "workload"):
        table.add_column(name)
    for name in ("measured", "peer or limit", "ratio"):
        table.add_column(name, justify="right")
    table.add_column("goal")
    for row in rows:
        peer = f"{row.peer} {_figure(row.peer_measured)}" if row.peer_measured is not None else ""
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        mark = {None: "", True: "[green]met[/]", False: "[yellow]not met[/]"}[row.met]
        table.add_row(row.group, row.workload, f"{_figure(row.measured)} {row.unit}", peer, ratio, f"{row.goal} {mark}")
    console = Console()
    console = console if console.is_terminal else Console(width=130)  # a log is no 80-column screen
    console.print(table)


def _once(act: Callable[[], object]) -> float:
    began = perf_counter()
    act()
    return perf_counter() - began


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
