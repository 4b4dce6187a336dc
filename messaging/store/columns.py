"""What a column is in each database: for the schema and for migrations, which must say the same for ever."""

from typing import Any

from sqlalchemy import BigInteger, Integer, TextClause, text


def place() -> Any:
    """The type of a row's number. SQLite keeps rows in the order of a key that is plainly INTEGER; PostgreSQL's type of
    that name ends at 2^31.
    """
    return BigInteger().with_variant(Integer(), "sqlite")


def no_bytes(dialect: str) -> TextClause:
    """The default that is no bytes at all. PostgreSQL reads SQLite's `x''` as a string of bits."""
    return text("x''" if dialect == "sqlite" else "''")
