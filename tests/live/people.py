"""The patients of the live tests, each for one purpose: a one-time code counts once, so nobody shares a log-in."""

from typing import Final

from demo.names import CAMILLE, CAMILLE_LOGIN, Patient

DESK: Final = CAMILLE_LOGIN
PHONE: Final = "ines.petit"
PROGRAM: Final = "paul.moreau"
LOGIN: Final = "zoe.garnier"
KEYS: Final = "marc.robin"  # whose account is closed at the end
PEOPLE: Final = {
    DESK: CAMILLE,
    PHONE: Patient("292067505600127", "PETIT", "INES", "1992-06-03", "F"),
    PROGRAM: Patient("178113305600137", "MOREAU", "PAUL", "1978-11-20", "M"),
    LOGIN: Patient("201036923800113", "GARNIER", "ZOE", "2001-03-30", "F"),
    KEYS: Patient("148067505600104", "ROBIN", "MARC", "1948-06-09", "M"),
}
PASSWORDS: Final = {login: f"une phrase de {login} assez longue" for login in PEOPLE}
