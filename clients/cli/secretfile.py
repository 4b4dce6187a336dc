"""Files that hold secrets: written 0600, read only when nobody else may read them."""

import os
import stat
from pathlib import Path

from clients.cli.failing import Stop


def write(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Create `path` for its owner alone. Raises Stop when it exists and `replace` is false."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if replace else os.O_EXCL)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        raise Stop(f"{path} exists.", "Choose another name: a key file is never overwritten.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> str:
    """The text, without the line end. Raises Stop when others may read the file."""
    if is_open(path):
        raise Stop(f"{path} can be read by others.", f"Run: chmod 600 {path}")
    return path.read_text("utf-8").strip()


def is_open(path: Path) -> bool:
    """Whether the group or everybody may read or write it. A pipe or device (/dev/fd/3) is its maker's business."""
    mode = path.stat().st_mode
    return stat.S_ISREG(mode) and bool(mode & 0o077)
