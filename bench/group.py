"""One group of measurements in a process of its own: `python -m bench.group NAME` prints its rows as JSON.

Twisted's reactor belongs to one loop for good, and memory is to be measured from nothing.
"""

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module

from bench.row import Row


def main(name: str) -> None:
    """Measure one group, and let Twisted stop its thread pool: nobody else would, and the process would never end."""
    run: Callable[[], Iterator[Row]] = import_module(f"bench.{name}").run
    try:
        print(json.dumps([row.as_json() for row in run()]))
    finally:
        if reactor := sys.modules.get("twisted.internet.reactor"):
            reactor.getThreadPool().stop()


if __name__ == "__main__":
    main(sys.argv[1])
