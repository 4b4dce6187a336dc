"""Letters as printable PDF: A4, front and back, tagged (PDF/UA-1), fonts embedded. letter.typ says how they look."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import zxingcpp

from clients.cli.paper.letterhead import Letterhead, term
from clients.cli.paper.letters import Letter

PAGES: Final = 2  # of one letter
_HERE: Final = Path(__file__).parent
_KEPT: Final = 11  # documents


def pdf(title: str, letters: Sequence[Letter], head: Letterhead, day: date) -> bytes:
    """One file with all letters, in their order, `PAGES` pages each. The same letters give the same bytes.

    Every letter's words go in as data: none of them is ever read as markup.
    """
    import typst  # noqa: PLC0415 - not needed by `--help`

    said = term(head, day)
    batch = {
        "title": title,
        "origin": letters[0].origin.partition("//")[2] if letters else "",
        "date_fr": said.today_fr,
        "until_fr": said.french,
        "until_en": said.english,
        "sender": {
            "name": head.name,
            "lines": head.lines,
            "place": head.place,
            "help_fr": head.help_fr,
            "help_en": head.help_en,
        },
        "letters": [_as_json(letter) for letter in letters],
    }
    inputs = {"letters": json.dumps(batch, ensure_ascii=False)}
    stamp = int((day - date(1970, 1, 1)).total_seconds())
    compiler = typst.Compiler(
        str(_HERE / "letter.typ"), root=str(_HERE), font_paths=[str(_HERE / "fonts")], ignore_system_fonts=True
    )
    try:
        return _bytes(compiler.compile(sys_inputs=inputs, timestamp=stamp, pdf_standards=["ua-1"]))
    except typst.TypstError:
        # PDF/UA refuses what no font here can show: then tagged all the same, without the claim.
        return _bytes(compiler.compile(sys_inputs=inputs, timestamp=stamp))
    finally:
        _forget()


def _forget() -> None:
    """Let go of what was laid out: codes, and some hundred megabytes a file.

    typst keeps what it made until ten more documents did without it.
    """
    import typst  # noqa: PLC0415 - as above

    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False)
    empty = typst.Compiler(font_paths=fonts, ignore_system_fonts=True)
    for _ in range(_KEPT):
        empty.compile(b"", format="pdf")


def _as_json(letter: Letter) -> dict[str, object]:
    return {
        "block": [letter.name, *letter.post],
        "login": letter.login,
        "code": letter.code.split("-"),
        "two": letter.two_codes,
        "fingerprint": letter.fingerprint,
        "qr": _qr(letter.link),
    }


def _qr(link: str) -> str:
    code = zxingcpp.create_barcode(link, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    # What comes before is a DTD's address: nothing that is printed here names a place to fetch from.
    drawing = zxingcpp.write_barcode_to_svg(code, add_quiet_zones=True)
    return drawing[drawing.index("<svg") :]


def _bytes(made: object) -> bytes:
    if not isinstance(made, bytes):
        raise TypeError("a PDF is one piece")
    return made
