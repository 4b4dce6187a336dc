"""Files that are replaced as a whole."""

import os
from pathlib import Path


def write_durably(path: Path, raw: bytes) -> None:
    """The whole file or the one before, whenever it stops."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")  # other processes may write the same file
    with fresh.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
