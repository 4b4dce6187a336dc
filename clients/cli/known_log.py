"""What the command line remembers of a relay's key log between two commands: a file beside the profiles, 0600.

Law: a fork that one command found is not forgotten by the next; what cannot be read is not taken for a first use.
"""

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clients.cli import secretfile, settings
from clients.cli.failing import Stop


def path_of(relay: str, login: str) -> Path:
    """Of one log-in at one relay: its name says neither."""
    named = hashlib.sha256(f"{relay.rstrip('/')}\n{login}".encode()).hexdigest()[:32]
    return settings.folder() / f"log-{named}.json"


@contextmanager
def known(relay: str, login: str) -> Generator[Any]:
    """The Trust of a command; what it then remembers is kept, whatever became of the command. Raises Stop."""
    from clients.sdk.remembered import Trust  # noqa: PLC0415 - loads Twisted

    path = path_of(relay, login)
    memory = _read(path)
    before = memory.to_bytes()
    try:
        yield Trust(memory=memory)
    finally:
        if memory.to_bytes() != before:
            _write(path, memory.to_bytes())


def _read(path: Path) -> Any:
    from clients.sdk.remembered import LogMemory  # noqa: PLC0415 - loads Twisted

    if not path.exists():
        return LogMemory()
    try:
        return LogMemory.from_bytes(secretfile.read(path).encode())
    except ValueError:
        todo = "Keep it for the operator. Without it the relay's key log is believed anew."
        raise Stop(f"{path} cannot be read.", todo) from None


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    whole = path.with_suffix(".new")
    secretfile.write(whole, content, replace=True)
    whole.replace(path)  # at once: an interrupted command leaves the old one
