"""The letter that a person gets: a printable page and plain text, French first, English second. It holds the code."""

import io
from dataclasses import dataclass, field
from html import escape
from typing import Final
from urllib.parse import urlencode

import segno

SECOND_FR: Final = "Un second code vous est envoyé par un autre moyen : il faut les deux."
SECOND_EN: Final = "A second code is sent to you another way: both are needed."


@dataclass(frozen=True)
class PaperLetter:
    """What is printed. `code` stands in groups, as on the page; `two_codes`: it is the first of two."""

    name: str
    login: str
    code: str = field(repr=False)
    origin: str = ""
    fingerprint: str = ""
    two_codes: bool = False

    @property
    def link(self) -> str:
        """The address of the QR: the code is in the fragment, which a browser never sends to a server."""
        said = {"code": self.code, "login": self.login} | ({"codes": "2"} if self.two_codes else {})
        return f"{self.origin}/#{urlencode(said)}"


def as_text(letter: PaperLetter) -> str:
    """The letter as plain text."""
    return f"""{letter.name}

Votre messagerie de santé sécurisée vous attend.

Ouvrez {letter.origin}
Identifiant : {letter.login}
Code        : {letter.code}
{_if(letter, SECOND_FR)}
Ce code ne sert qu'une fois. Il ouvre votre compte, ou vous permet de vous y opposer.
Ne le donnez à personne : personne ne vous le demandera.
Empreinte de votre clé : {letter.fingerprint}

----------------------------------------------------------------------

Your secure health mail is waiting for you.

Open {letter.origin}
Log-in name: {letter.login}
Code:        {letter.code}
{_if(letter, SECOND_EN)}
This code works once. It opens your account, or lets you oppose it.
Do not give it to anybody: nobody will ask you for it.
Fingerprint of your key: {letter.fingerprint}
"""


def as_html(letter: PaperLetter) -> str:
    """The letter as one printable page without scripts or anything from elsewhere."""
    name, login, code, origin = (escape(text) for text in (letter.name, letter.login, letter.code, letter.origin))
    return f"""<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><title>{name}</title><style>
@page {{ size: A4; margin: 22mm }}
body {{ font: 12pt/1.5 sans-serif; color: #1c1b19; max-width: 170mm; margin: 10mm auto }}
h1 {{ font-size: 17pt; color: #0d4f52 }} h2 {{ font-size: 13pt; color: #0d4f52 }}
.code {{ font: bold 17pt/1.6 monospace; border: 1px solid #77736b; padding: 3mm 5mm; display: inline-block }}
.with-qr {{ display: flex; gap: 8mm; align-items: center }} .with-qr svg {{ width: 42mm; height: 42mm }}
.small {{ font-size: 9.5pt; color: #55524b }} section[lang=en] {{ border-top: 1px solid #c9c4ba; margin-top: 8mm }}
</style></head><body>
<p>{name}</p>
<section><h1>Votre messagerie de santé sécurisée vous attend</h1>
<div class="with-qr"><div>
<p>Lisez ce carré avec votre téléphone, ou ouvrez <strong>{origin}</strong>.</p>
<p>Identifiant : <strong>{login}</strong></p></div>{_qr(letter.link)}</div>
<p>Code :<br><span class="code">{code}</span></p>
{_if(letter, f"<p>{SECOND_FR}</p>")}
<p>Ce code ne sert qu’une fois. Il ouvre votre compte, ou vous permet de vous y opposer.
Ne le donnez à personne : personne ne vous le demandera.</p>
<p class="small">Empreinte de votre clé : {escape(letter.fingerprint)}</p></section>
<section lang="en"><h2>Your secure health mail is waiting for you</h2>
<p>Scan the square with your phone, or open <strong>{origin}</strong>. Log-in name: <strong>{login}</strong>.
{_if(letter, SECOND_EN)} The code above works once. It opens your account, or lets you oppose it.
Do not give it to anybody: nobody will ask you for it.</p></section>
</body></html>
"""


def _if(letter: PaperLetter, text: str) -> str:
    return text if letter.two_codes else ""


def _qr(link: str) -> str:
    sink = io.BytesIO()
    segno.make(link, error="m", micro=False).save(sink, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2)
    return sink.getvalue().decode("utf-8")
