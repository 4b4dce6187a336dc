"""Where one live session keeps its files and which ports its parts have."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """A folder and ports, all on loopback."""

    folder: Path
    relay: int
    gateway: int
    operator: int
    submission: int
    imap: int
    lmtp: int
    proxy: int
    door: int

    def make(self, name: str) -> Path:
        """A new folder in it that other users can reach."""
        folder = self.folder / name
        folder.mkdir(mode=0o755)
        return folder
