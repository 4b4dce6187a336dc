"""export.json: the page of an export, and the names of its files."""

from collections.abc import Iterator
from dataclasses import asdict

from clients.content.export_page import Missing, Shown, page
from clients.sdk.exporting import safe_name
from crypto.encoding import Json
from tests.vectors.material import Case

ABOUT = "Exports (export_page.py, exportpage.ts): the page, and the files' names"

HOSTILE = "\"><script>alert('1')</script>&amp;<img src=x onerror=alert(1)>"
PLAIN = Shown("m1", "2026-03-02 10:00 UTC", False, "Dr MARTIN d@x.fr", "Résultats", "Bonjour,\n\n1 < 2\n", (), ())
FULL = Shown(
    "m2", "2026-03-03 08:30 UTC", True, "Camille DURAND c@y.fr", "", "\U0001f600\u2028",
    (("bilan (1)!.pdf", "files/m2/1-bilan (1)!.pdf"), ("été.png", "files/m2/2-été.png")),
    ((".json", "letters/m2.json"),),
)  # fmt: skip
ATTACK = Shown(HOSTILE, HOSTILE, False, HOSTILE, HOSTILE, HOSTILE, ((HOSTILE, "files/m/1-x y#?'*~.pdf"),), ())
PAGES = {
    "nothing": ((), (), False),
    "letters, and an agenda": ((PLAIN, FULL), (), True),
    "a letter that did not open": ((PLAIN,), (Missing("m3", "2026-03-04 09:00 UTC", "a1"),), False),
    "all of it hostile": ((ATTACK,), (Missing(HOSTILE, HOSTILE, HOSTILE),), True),
}
NAMES = (
    "radio.pdf", "../../etc/passwd", "..", "", ".", "a\x00b\nc.txt", "C:\\x.exe", "\u202egpj.exe", "é" * 200 + ".pdf",
    ".hidden", "a/", "\U0001f600" * 40, "x." + "\U0001f600" * 10, "x." + "y" * 11, "a b . c .", "con?*|<>.txt",
    "\x85x\u2028.y", "nom  double", "CR.tar.gz",
)  # fmt: skip


def cases() -> Iterator[Case]:
    """Pages, then names."""
    for name, (shown, missing, agenda) in PAGES.items():
        made = page("a1", "2026-03-05", shown, missing, agenda=agenda).decode()
        told: list[Json] = [asdict(one) for one in shown]
        closed: list[Json] = [asdict(one) for one in missing]
        given: Case = {"shown": told, "missing": closed, "agenda": agenda}
        yield {"name": name, "account": "a1", "made": "2026-03-05", **given, "page": made}
    for number, text in enumerate(NAMES, 1):
        yield {"name": f"file {number}", "text": text, "number": number, "kept": safe_name(text, number)}
