"""The national health identity (INS): a matricule of 13 characters and a two-digit key.

Source: Référentiel INS; key = 97 - (N mod 97) where the Corsican departments 2A and 2B count as 19 and 18.
"""

import re
from typing import Final

NIR: Final = "1.2.250.1.213.1.4.8"
NIA: Final = "1.2.250.1.213.1.4.9"
TEST: Final = "1.2.250.1.213.1.4.10"
DEMONSTRATION: Final = "1.2.250.1.213.1.4.11"
OIDS: Final = frozenset({NIR, NIA, TEST, DEMONSTRATION})
_MATRICULE = re.compile(r"[1-9][0-9]{4}(?:[0-9]{2}|2[AB])[0-9]{6}[0-9]{2}", re.ASCII)


class BadMatricule(ValueError):
    """A matricule of another form, or with a wrong key. Never holds the matricule."""


def key_of(body: str) -> int:
    """The key, 1 to 97, of 13 characters. Raises BadMatricule."""
    if _MATRICULE.fullmatch(body + "00") is None:
        raise BadMatricule("a matricule has 13 characters and two digits of key")
    department = body[5:7].replace("2A", "19").replace("2B", "18")
    return 97 - int(body[:5] + department + body[7:]) % 97


def has_right_key(matricule: str) -> bool:
    """Whether 15 characters are a matricule whose key is right."""
    return _MATRICULE.fullmatch(matricule) is not None and int(matricule[13:]) == key_of(matricule[:13])


def check(matricule: str, oid: str) -> None:
    """Raises BadMatricule: another form; or a wrong key under the production OIDs.

    The key is not checked under the test and demonstration OIDs: most published samples carry a wrong one.
    """
    if oid not in OIDS:
        raise BadMatricule("an unknown kind of identity")
    if _MATRICULE.fullmatch(matricule) is None:
        raise BadMatricule("a matricule has 13 characters and two digits of key")
    if oid in (NIR, NIA) and not has_right_key(matricule):
        raise BadMatricule("the key does not fit the matricule")
