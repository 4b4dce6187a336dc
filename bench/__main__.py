"""`./dev bench [GROUP ...] [--json FILE]`: measures, prints a table, writes JSON rows. It never fails a build."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bench.row import Row, show

GROUPS = ("sealing", "relay", "hostile", "gateway", "outgoing", "enrolment", "browser")


def main(
    groups: Annotated[list[str] | None, typer.Argument(help=f"some of: {', '.join(GROUPS)} (all)")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="write the rows to this file as well")] = None,
    full: Annotated[
        bool, typer.Option("--full", help="growth to 10^6; enrolment to 10^6, PostgreSQL too; hours")
    ] = False,
) -> None:
    """Measure the named groups on this machine."""
    console = Console(stderr=True)
    rows: list[Row] = []
    for group in groups or GROUPS:
        if group not in GROUPS:
            console.print(f"There is no group [b]{group}[/]. There are: {', '.join(GROUPS)}.")
            raise typer.Exit(2)
        with console.status(f"{group} ..."):
            rows.extend(_measured(group, full))
    show(rows)
    if as_json is not None:
        machine = f"{platform.machine()} {platform.python_implementation()} {platform.python_version()}"
        as_json.write_text(json.dumps({"machine": machine, "rows": [row.as_json() for row in rows]}, indent=1))


def _measured(group: str, full: bool) -> list[Row]:
    environment = os.environ | ({"PLI_BENCH_FULL": "1"} if full else {})
    done = subprocess.run(
        [sys.executable, "-m", "bench.group", group], stdout=subprocess.PIPE, check=True, text=True, env=environment
    )
    return [Row(**raw) for raw in json.loads(done.stdout)]


if __name__ == "__main__":
    typer.run(main)
