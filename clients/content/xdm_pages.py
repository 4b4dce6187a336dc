"""INDEX.HTM and README.TXT of an XDM archive: for people who open it by hand. No script, everything escaped."""

from collections.abc import Sequence
from html import escape

from clients.content.document import iso_day
from clients.content.xdm_metadata import Listed


def index(documents: Sequence[Listed], product: str) -> str:
    """The page that lists the documents."""
    rows = "\n".join(_row(document) for document in documents)
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML Basic 1.1//EN" "http://www.w3.org/TR/xhtml-basic/xhtml-basic11.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="fr">
<head><title>Documents de sant&#233;</title><meta http-equiv="Content-Type" content="text/html; charset=utf-8"/></head>
<body><h1>Documents de sant&#233;</h1>
<p>Produit par {escape(product)}. <a href="README.TXT">README.TXT</a></p>
<ul>
{rows}
</ul></body></html>
"""


def readme(product: str) -> str:
    """What the archive is, in two languages."""
    return (
        "Cette archive contient des documents de santé au format IHE XDM.\r\n"
        "Ouvrez INDEX.HTM pour en lire la liste.\r\n\r\n"
        "This archive holds health documents in the IHE XDM format. Open INDEX.HTM for the list.\r\n\r\n"
        f"{product}\r\n"
    )


def _row(document: Listed) -> str:
    said = document.metadata
    author = f", {escape(said.author.name)}" if said.author.name else ""
    target = escape(f"IHE_XDM/SUBSET01/{document.path}", quote=True)
    return f'<li><a href="{target}">{escape(said.title)}</a> ({iso_day(said.date)}{author})</li>'
