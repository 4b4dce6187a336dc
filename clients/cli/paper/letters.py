"""The letter that a person gets, as plain text, French first, English second. It holds the code.

The printed one is sheets.py and letter.typ.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from clients.cli.paper.letterhead import Letterhead, Term

SECOND_FR: Final = "Un second code vous est envoyé par un autre moyen : il faut les deux."
SECOND_EN: Final = "A second code is sent to you another way: both are needed."


@dataclass(frozen=True)
class Letter:
    """What one person is told. `code` stands in groups, as on the page; `two_codes`: it is the first of two. `post`
    are the lines of the envelope under the name.
    """

    name: str
    login: str
    code: str = field(repr=False)
    origin: str = ""
    fingerprint: str = ""
    two_codes: bool = False
    post: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """The address of the QR: the code is in the fragment, which a browser never sends to a server."""
        said = {"code": self.code, "login": self.login} | ({"codes": "2"} if self.two_codes else {})
        return f"{self.origin}/#{urlencode(said)}"


def as_text(letter: Letter, head: Letterhead, term: Term) -> str:
    """The letter as plain text: a file, or the body of a mail."""
    second_fr, second_en = (SECOND_FR, SECOND_EN) if letter.two_codes else ("", "")
    return f"""{letter.name}

Votre messagerie de santé sécurisée vous attend.

Elle sert à écrire à ceux qui vous soignent et à recevoir leurs courriers. Vous seul et eux pouvez les lire.

Ouvrez {letter.origin}
Identifiant : {letter.login}
Code        : {letter.code}
{second_fr}
Ce code ne sert qu'une fois. Il ouvre votre compte, ou vous permet de vous y opposer{_until(" jusqu'au ", term.french)}.
Ne le donnez à personne : personne ne vous le demandera.
Empreinte de votre clé : {letter.fingerprint}
{_help("Besoin d'aide ? ", head.help_fr)}
----------------------------------------------------------------------

Your secure health mail is waiting for you.

It is for writing to the people who care for you, and for receiving their letters. Only you and they can read them.

Open {letter.origin}
Log-in name: {letter.login}
Code:        {letter.code}
{second_en}
This code works once. It opens your account, or lets you oppose it{_until(" until ", term.english)}.
Do not give it to anybody: nobody will ask you for it.
Fingerprint of your key: {letter.fingerprint}
{_help("Do you need help? ", head.help_en)}
{head.name}
"""


def second_code_text(name: str, code: str, head: Letterhead) -> str:
    """What goes another way than the letter: the second code, and neither log-in name nor address of the page."""
    return f"""{name}

Le second code de votre messagerie de santé : {code}

Le premier code est dans la lettre que la poste vous apporte, avec la marche à suivre. Il faut les deux.
Ne les donnez à personne : personne ne vous les demandera.
{_help("Besoin d'aide ? ", head.help_fr)}
----------------------------------------------------------------------

The second code of your secure health mail: {code}

The first code is in the letter that the post brings you, with what is to be done. Both are needed.
Do not give them to anybody: nobody will ask you for them.
{_help("Do you need help? ", head.help_en)}
{head.name}
"""


def _until(words: str, day: str) -> str:
    return f"{words}{day}" if day else ""


def _help(words: str, how: str) -> str:
    return f"\n{words}{how}\n" if how else ""
