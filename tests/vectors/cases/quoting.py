"""quoting.json: what a mail's text says, and what it repeats of earlier ones."""

from collections.abc import Iterator

from clients.content.quoting import passages, with_quoted
from tests.vectors.material import Case

ABOUT = "Quoted history in a mail's text (docs/spec/content.md): passages of a text, and an answer with its quote"

OUTLOOK = "De : Dr Claire MARTIN <d@x.fr>\nEnvoyé : lundi 2 mars 2026 10:00\nÀ : Camille DURAND\nObjet : B\n\nBonjour\n"
TEXTS = {
    "nothing quoted": "Bonjour,\n\nTout va bien.\n",
    "empty": "",
    "marked lines alone are said": "> tout\n> cité\n",
    "an answer above": "Merci.\n\nLe 2 mars 2026 à 10:00, Claire MARTIN <d@x.fr> a écrit :\n> Bonjour\n>\n> Venez.\n",
    "an answer above, English": "Thanks.\r\n\r\nOn Mon, 2 Mar 2026 at 10:00, Claire <d@x.fr> wrote:\r\n> Hello\r\n",
    "the line broken in two": "Merci\nLe lun. 2 mars 2026 à 10:00, Claire MARTIN\n<d@x.fr> a écrit :\n\n> Bonjour\n",
    "no-break space before the colon": "Merci\nLe 2 mars 2026, Claire a écrit\u00a0:\n> Bonjour",
    "answers between": "> Prise ?\nOui.\n> Douleur ?\n\n> Fièvre ?\nNon.\n",
    "no marks": "Oui.\n\nLe 2 mars 2026 à 10:00, Claire a écrit :\n\nBonjour,\nprenez-vous le traitement ?\n",
    "Outlook's head": f"Oui.\n\n{OUTLOOK}",
    "Outlook's head below a rule": f"Oui.\n\n{'_' * 32}\n\n{OUTLOOK}",
    "the original, French": "Oui\n-----Message d'origine-----\nDe : x\nBonjour\n",
    "the original, English": "Yes\n----- Original Message -----\nFrom: x\nHello\n",
    "a forwarded message is said": "Pour vous.\n\n---------- Forwarded message ---------\nFrom: x\nHello\n",
    "a sentence is no head": "De : la farine.\nObjet : rien.\n",
    "without a date nobody wrote": "Le médecin de garde a écrit :\nprenez du repos.\n",
    "a rule alone": "Avant\n------\nAprès\n",
    "wrote in the midst": "Le 2 mars, il a écrit : bonjour.\nMoi non.\n",
    "a greater sign within": "Le taux est 5 > 3.\n",
    "signature below": "Oui\n> Prise ?\n\n-- \nCamille\n",
    "a long line of digits": "Le " + "1" * 5000 + "\n> a\nb",
    "beyond the basic plane": "\U0001f600" * 500 + "\n> \U0001f600\n",
}


def cases() -> Iterator[Case]:
    """Texts with their passages, then answers with what they quote."""
    for name, text in TEXTS.items():
        found = [{"kind": each.kind, "text": each.text} for each in passages(text)]
        yield {"name": name, "text": text, "passages": found}
    wrote = "Le 2 mars 2026 à 10:00, Claire a écrit :"
    for name, earlier in TEXTS.items():
        answered = with_quoted("Merci docteur\n", wrote, earlier)
        yield {"name": f"answered: {name}", "wrote": wrote, "earlier": earlier, "answered": answered}
