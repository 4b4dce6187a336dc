"""A hostile relay: changes what it stores, beside the running relay."""

import sqlite3
from contextlib import closing
from pathlib import Path


def flip_newest_letter(relay_data: Path, login: str) -> None:
    """Flip one bit in the middle of the sealed bytes of the newest letter that this patient received."""
    with closing(sqlite3.connect(relay_data / "relay.db", timeout=20)) as database, database:
        number, sealed = database.execute(
            "SELECT bodies.number, bodies.sealed FROM bodies JOIN messages ON messages.body = bodies.number"
            " JOIN logins ON logins.account = messages.account"
            " WHERE logins.name = ? AND messages.box = 'in' ORDER BY messages.created DESC LIMIT 1",
            (login,),
        ).fetchone()
        database.execute("UPDATE bodies SET sealed = ? WHERE number = ?", (_flipped(sealed), number))


def _flipped(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]
