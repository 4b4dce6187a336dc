"""Writes tests/vectors/*.json, the same bytes each time. Run by `./dev vectors`; a diff is a change of format."""

import json
from pathlib import Path
from types import ModuleType

from tests.vectors.cases import (
    attachment,
    encodings,
    envelope,
    export,
    imip,
    keybox,
    letter,
    login,
    padding,
    pairing,
    quoting,
    statement,
    transparency,
    transparency_audit,
    xwing,
)
from tests.vectors.material import Case

HERE = Path(__file__).parent
FILES = (
    encodings,
    xwing,
    padding,
    envelope,
    attachment,
    keybox,
    login,
    pairing,
    statement,
    transparency,
    transparency_audit,
)
LETTERS = (letter,)  # what is above the seal: a reader's checks, refused with reasons and not with errors of crypto/
MAIL = (export, imip, quoting)  # what ordinary programs get: mail programs, and a browser without Pli


def rendered(file: ModuleType) -> str:
    """The text of one file: a line for each case, so that a diff shows which changed."""
    made: list[Case] = list(file.cases())
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in made)
    return f'{{"about": {json.dumps(file.ABOUT, ensure_ascii=True)},\n"cases": [\n{lines}\n]}}\n'


def path(file: ModuleType) -> Path:
    """Where it is kept."""
    folder = HERE / "mail" if file in MAIL else HERE
    return folder / f"{file.__name__.rpartition('.')[2]}.json"


def main() -> None:
    """Rewrite every file."""
    for file in FILES + LETTERS + MAIL:
        path(file).write_text(rendered(file), encoding="utf-8")


if __name__ == "__main__":
    main()
