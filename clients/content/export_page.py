"""The page of an export: plain HTML that opens from a folder, without script, network or style of others. Pure.

Laws: everything that a letter says is text, never markup; links lead to files of the export alone. French, then
English: every heading says both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}"
    "body{color:#111;background:#fff}"
    "article{border-top:1px solid #767676;padding:1rem 0;break-inside:avoid-page}h2{font-size:1.15rem;margin:0}"
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:0 1rem}"
    "dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}a{color:#00439c}@media print{a{color:inherit}}"
)
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Shown:
    """One letter on the page; `files` are (name, path in the export), `copies` (label, path)."""

    id: str
    when: str
    sent: bool
    sender: str
    subject: str
    text: str
    files: tuple[tuple[str, str], ...]
    copies: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Missing:
    """A letter that could not be opened, and why, for people in both languages."""

    id: str
    when: str
    sender: str


def page(account: str, made: str, shown: Sequence[Shown], missing: Sequence[Missing], *, agenda: bool) -> bytes:
    """index.html, UTF-8."""
    body = [
        f"<h1>Mes lettres <span lang=en>· My letters</span></h1><p>{escape(account)}, {escape(made)}</p>",
        _note(len(shown), len(missing)),
        '<p><a href="agenda.ics">Agenda</a></p>' if agenda else "",
        *map(_letter, shown),
        *_missing(missing),
    ]
    return (
        "<!doctype html><html lang=fr><head><meta charset=utf-8><title>Pli</title>"
        f'<meta http-equiv=Content-Security-Policy content="{_POLICY}">'
        '<meta name=viewport content="width=device-width"><meta name=referrer content=no-referrer>'
        f"<style>{_STYLE}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    ).encode("utf-8", "replace")


def _note(letters: int, missing: int) -> str:
    french = f"{letters} lettres" + (f", {missing} illisibles" if missing else "")
    english = f"{letters} letters" + (f", {missing} unreadable" if missing else "")
    return (
        f"<p>{french}. Ces fichiers ne sont plus scellés : gardez-les en lieu sûr. "
        f"<span lang=en>{english}. These files are no longer sealed: keep them in a safe place.</span></p>"
    )


def _letter(one: Shown) -> str:
    way = "Envoyée <span lang=en>· Sent</span>" if one.sent else "Reçue <span lang=en>· Received</span>"
    return (
        f'<article id="{escape(one.id)}"><h2>{escape(one.subject) or "—"}</h2><dl>'
        f"<dt>{way}</dt><dd>{escape(one.when)}</dd><dt>De <span lang=en>· From</span></dt><dd>{escape(one.sender)}</dd>"
        f"{_links('Fichiers <span lang=en>· Files</span>', one.files)}"
        f"{_links('Copies', one.copies)}</dl><pre>{escape(one.text)}</pre></article>"
    )


def _links(title: str, found: Iterable[tuple[str, str]]) -> str:
    links = ", ".join(f'<a href="{escape(quote(path))}">{escape(name)}</a>' for name, path in found)
    return f"<dt>{title}</dt><dd>{links}</dd>" if links else ""


def _missing(missing: Sequence[Missing]) -> Iterable[str]:
    if missing:
        yield "<h2>Lettres illisibles <span lang=en>· Unreadable letters</span></h2><ul>"
        yield from (f"<li>{escape(m.when)}, {escape(m.sender)}, {escape(m.id)}</li>" for m in missing)
        yield "</ul>"
