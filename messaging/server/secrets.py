"""The relay's own secrets: six files of 32 random bytes, 0600, made at first start. None opens a letter."""

import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Final

from messaging.relay.turn import Secrets

KEY_LOG: Final = "log"
NAMES: Final = ("server", "pepper", "totp", "access-log", KEY_LOG, "notices")


class UnsafeSecrets(Exception):
    """A secret file is readable by others, or is not one of ours."""


def load(folder: Path) -> Secrets:
    """Read them, or make those that are missing. Raises UnsafeSecrets."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Secrets(*(_secret(folder / name) for name in NAMES))


def text_of(path: Path) -> str:
    """What somebody else gave, in a file of one line. Raises UnsafeSecrets, OSError."""
    if path.stat().st_mode & 0o077:
        raise UnsafeSecrets(f"{path} can be read by others: chmod 600 {path}")
    return path.read_text().strip()


def set_aside(folder: Path, name: str, now: datetime) -> Path:
    """Keep a secret under another name, so that load() makes a new one. Raises FileNotFoundError."""
    aside = (folder / name).rename(folder / f"{name}.{now:%Y%m%dT%H%M%SZ}")
    _flush_folder(folder)
    return aside


def _secret(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    if path.stat().st_mode & 0o077:
        raise UnsafeSecrets(f"{path} can be read by others: chmod 600 {path}")
    raw = path.read_bytes()
    if len(raw) != 32:
        raise UnsafeSecrets(f"{path} does not have 32 bytes: restore it from the backup")
    return raw


def _make(path: Path) -> None:
    new = path.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(handle, secrets.token_bytes(32))
        os.fsync(handle)
    finally:
        os.close(handle)
    new.rename(path)
    _flush_folder(path.parent)  # what it seals outlives a power cut: so must its name


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
