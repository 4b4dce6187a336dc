"""docs/threat-model.md: every attack has a test, and every test that is named there exists."""

import re
from functools import cache
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
ATTACKS: Final = TEXT.partition("\n## Attacks")[2].partition("\n## ")[0]
ROWS: Final = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in ATTACKS.splitlines()
    if line.startswith("| ") and not line.startswith(("| attack ", "| --- "))
]
# What the page itself calls open: there is nothing to test.
OPEN: Final = "**not stopped in this version**"


def named() -> list[str]:
    """Everything in backticks that is a test: a file, or something in one."""
    return sorted({found for found in re.findall(r"`([^`]+)`", TEXT) if re.search(r"\.(py|tsx?|json)\b", found)})


def folder(path: str) -> Path:
    """Names are short: TypeScript's are within the web client, vectors within tests/vectors."""
    if path.endswith((".ts", ".tsx")):
        return ROOT / "clients" / "web" / path
    return ROOT / "tests" / "vectors" / path if path.endswith(".json") else ROOT / path


@cache
def text_of(path: str) -> str:
    return folder(path).read_text("utf-8")


@pytest.mark.parametrize("name", named())
def test_a_test_that_is_named_exists(name: str) -> None:
    path, _, rest = name.partition("::") if "::" in name else name.partition(" › ")

    assert folder(path).is_file()
    match folder(path).suffix:
        case ".py":
            assert not rest or re.search(rf"^(async )?def {re.escape(rest)}\(", text_of(path), re.MULTILINE)
        case ".json":
            assert f'"name": "{rest}"' in text_of(path)
        case _:
            assert not rest or re.search(rf"""['"`]{re.escape(rest)}['"`]""", text_of(path))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_an_attack_says_what_stops_it_and_names_its_tests_or_says_that_nothing_does(row: list[str]) -> None:
    assert len(row) == 4
    attack, stops, does_not, tests = row
    assert attack
    if OPEN in does_not:
        assert not tests
        return
    assert stops
    assert re.findall(r"`[^`]+\.(?:py|tsx?|json)(?:(?:::| › )[^`]+)?`", tests)


def test_the_table_is_read_whole() -> None:
    assert len(ROWS) > 40
    assert len(named()) > 80
