"""Who may write to whom, and what must not reach a patient. Pure: values in, a refusal or nothing out.

Sources: MSSanté (design facts in docs), RFC 3463 for the enhanced status codes. Every refusal is words that a sender's
postmaster understands; the precise reason of an identity failure is for our log alone.
"""

from collections.abc import Callable, Collection
from typing import Final

from bridges.mail import limits
from bridges.mail.parsed import Mailbox, ParsedMail

INVISIBLE: Final = "INVISIBLE_PATIENT"


class NotTaken(Exception):
    """A refusal in SMTP's words; `reason` is for the log and holds no address and no content."""

    def __init__(self, code: int, status: str, words: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.status, self.words, self.reason = code, status, words, reason

    @property
    def line(self) -> str:
        """The SMTP answer."""
        return f"{self.code} {self.status} {self.words}"


def not_trusted(reason: str) -> NotTaken:
    """One answer for every way in which certificate and domain do not fit: none, expired, revoked, another authority's,
    not in the list, in it for others. A stranger learns nothing; our log has the reason."""
    words = "Mail is taken here with a valid certificate that stands in the white list for the sender's domain"
    return NotTaken(550, "5.7.1", words, reason)


def domain_of(address: str) -> str:
    """In small letters; empty for the null sender."""
    return address.rpartition("@")[2].lower().rstrip(".")


def unknown_recipient(address: str) -> NotTaken:
    """Nobody has this address here; an address that no patient can have is told apart."""
    local = address.rpartition("@")[0]
    if len(local) == 15 and local[:5].isdigit() and local[7:].isdigit():
        return NotTaken(550, "5.1.1", "There is no such patient here", "unknownPatient")
    return NotTaken(
        550, "5.1.3", "This is not a patient's address: it begins with 15 characters of an INS", "invalidAddress"
    )


def closed_recipient() -> NotTaken:
    """The mailbox was closed."""
    return NotTaken(550, "5.2.1", "This patient's mailbox is closed", "closedMailbox")


def foreign_recipient() -> NotTaken:
    """A domain that is not ours."""
    return NotTaken(550, "5.7.1", "This gateway takes mail for its own patients only", "foreignDomain")


def asked_too_often() -> NotTaken:
    """So many addresses that nobody has: for a while, nothing is said about any."""
    words = "Too many recipients of yours were unknown here; recipients are not looked up for you now, try again later"
    return NotTaken(450, "4.7.1", words, "probing")


def unavailable(reason: str) -> NotTaken:
    """For now."""
    return NotTaken(451, "4.3.0", "The service cannot take the message now, please try again", reason)


def distrusted(reason: str) -> NotTaken:
    """The recipient's keys are not proven: for now, since the sender must not lose the message for it."""
    return NotTaken(451, "4.7.0", "The recipient's keys cannot be verified now, please try again", reason)


def check_mail(mail: ParsedMail, may_speak_for: Callable[[str], bool], recipients: int) -> None:
    """Raises NotTaken: forged, looping, or holding what must not reach this patient."""
    if len(mail.from_) != 1:
        raise NotTaken(550, "5.6.0", "The message needs exactly one From address", "noSingleFrom")
    if not may_speak_for(domain_of(mail.from_[0].address)):
        raise not_trusted("headerFromNotBound")
    if mail.flags.hops > limits.RECEIVED:
        raise NotTaken(554, "5.4.6", "The message went through too many hosts: a loop", "loop")
    hidden = any(INVISIBLE in document.described["confidentiality"] for document in mail.documents)
    if hidden or INVISIBLE in mail.restrictions:
        words = "A document in this message must not be shown to the patient (INVISIBLE_PATIENT): it was not delivered"
        raise NotTaken(550, "5.7.1", words, "invisibleToPatient")
    if len(_patients(mail)) > 1 or (mail.documents and recipients > 1):
        words = "A message with documents concerns one patient and goes to one patient: send one message each"
        raise NotTaken(550, "5.7.1", words, "severalPatients")


def check_report(mail: ParsedMail) -> None:
    """Raises NotTaken: a mail of nobody (RFC 5321, 4.5.5) that is no report, or one that loops."""
    if mail.flags.hops > limits.RECEIVED:
        raise NotTaken(554, "5.4.6", "The message went through too many hosts: a loop", "loop")
    if mail.report is None:
        raise not_a_report("noReport")


def not_a_report(reason: str) -> NotTaken:
    """The null sender is for reports on what this gateway sent, and for nothing else."""
    words = "A message without a sender is taken only when it reports on a message that left here"
    return NotTaken(550, "5.7.1", words, reason)


def author(mail: ParsedMail, known: Collection[str], may_speak_for: Callable[[str], bool]) -> Mailbox:
    """Who the patient may answer: the Reply-To when it is a mailbox of this gateway and the certificate may speak for
    its domain, else the From (which check_mail bound). Raises NotTaken."""
    replies = (each for each in mail.reply_to if may_speak_for(domain_of(each.address)))
    for candidate in (*replies, *mail.from_):
        if candidate.address.lower() in known:
            return candidate
    raise NotTaken(
        550, "5.7.1", "The sender has no mailbox at this gateway and cannot write to patients", "unknownAuthor"
    )


def _patients(mail: ParsedMail) -> set[str]:
    found = (document.described["patient"] for document in mail.documents)
    return {patient["ins"] for patient in found if patient is not None and patient["ins"]}
