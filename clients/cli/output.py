"""What a command says: tables and lines for people, one JSON line for scripts. Errors go to the other stream."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from clients.cli.failing import Failure


@dataclass(frozen=True)
class Output:
    """`quiet` leaves out what is only for comfort; results are always said."""

    as_json: bool = False
    quiet: bool = False

    @property
    def console(self) -> Console:
        return Console(highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """A word on what happens now."""
        if not self.quiet and not self.as_json:
            Console(stderr=True, highlight=False).print(f"[dim]{escape(text)}[/dim]")

    def result(self, value: Mapping[str, Any], text: str) -> None:
        """What came out: `value` for scripts, `text` (plain) for people."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False), flush=True)
        else:
            self.console.print(text, markup=False)

    def done(self, value: Mapping[str, Any], text: str) -> None:
        """A success, in one line."""
        if self.as_json:
            self.result(value, text)
        else:
            self.console.print(f"[green]✓[/green] {escape(text)}")

    def table(self, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], empty: str) -> None:
        """`columns`: key -> heading. For scripts: the rows as they are, in one array."""
        if self.as_json:
            print(json.dumps(list(rows), ensure_ascii=False), flush=True)
            return
        if not rows:
            self.console.print(f"[dim]{escape(empty)}[/dim]")
            return
        table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
        for heading in columns.values():
            table.add_column(heading, overflow="fold")
        for row in rows:
            table.add_row(*(escape(str(row.get(key, ""))) for key in columns))
        Console(highlight=False).print(table)


def say_failure(failure: Failure, *, as_json: bool) -> None:
    """Two lines on the error stream: what happened, what to do."""
    if as_json:
        said = {"error": failure.name, "message": failure.what, "todo": failure.todo, "exit": failure.code}
        print(json.dumps(said, ensure_ascii=False), file=sys.stderr, flush=True)
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[bold red]✗[/bold red] {escape(failure.what)}")
    console.print(f"  [dim]→[/dim] {escape(failure.todo)}")
