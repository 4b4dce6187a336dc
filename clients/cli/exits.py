"""Exit codes: stable, for scripts."""

from typing import Final

DONE: Final = 0
FAILED: Final = 1  # something that is none of the below
USAGE: Final = 2  # the command line itself (also click's own)
REFUSED: Final = 3  # the relay refused it
UNREACHABLE: Final = 4  # the relay cannot be reached or cannot answer now
LOGIN: Final = 5  # wrong name, password, code or key
DISTRUST: Final = 6  # keys, boxes or letters that were not believed or could not be opened
PARTLY: Final = 7  # some of it was done; the same command again goes on
LOCAL: Final = 8  # a file or setting on this machine

HELP: Final = (
    "Exit codes: 0 done · 1 failed · 2 usage · 3 refused by the relay · 4 relay unreachable · 5 log-in failed · "
    "6 not trusted or not readable · 7 partly done, run it again · 8 a file or setting on this machine."
)
