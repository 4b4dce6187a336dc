"""A mail in which everything that a person would call content holds its own random word."""

import dataclasses
import datetime as dt
import secrets
from dataclasses import dataclass

from demo import sample
from demo.report import Report
from demo.sample import PARIS, Sample, Visit, Words


@dataclass(frozen=True)
class Laced:
    """The mail and its words: label -> text to look for. `answer` holds the words of the patient's answer."""

    mail: Sample
    words: dict[str, str]
    answer: dict[str, str]

    def all(self) -> dict[str, str]:
        """All words, of both directions."""
        return self.words | self.answer


def lace(now: dt.datetime, recipient: str) -> Laced:
    """A new mail with new words."""
    words = {
        label: f"{label.title()}{secrets.token_hex(8)}"
        for label in (
            "subject",
            "text",
            "html",
            "file",
            "document",
            "sender",
            "author",
            "laboratory",
            "summary",
            "location",
            "description",
        )
    }
    report = Report(
        drawn=now.astimezone(PARIS).replace(microsecond=0),
        author_family=words["author"],
        laboratory=words["laboratory"],
        remark=words["document"],
    )
    plain = sample.default_words(report)
    said = Words(
        subject=f"Résultats {words['subject']}",
        text=f"{plain.text}\n{words['text']}\n",
        html=f"{plain.html}<p>{words['text']}</p><p>{words['html']}</p>",
        file_name=f"{words['file']}.pdf",
        sender_name=f"Dr {words['sender']}",
    )
    visit = dataclasses.replace(
        Visit(sample.next_week(now)),
        summary=words["summary"],
        location=words["location"],
        description=words["description"],
    )
    answer = {label: f"Answer{label}{secrets.token_hex(8)}" for label in ("text", "file", "content")}
    return Laced(
        sample.compose(now, report=report, words=said, visit=visit, recipient=recipient),
        words,
        {f"answer {k}": v for k, v in answer.items()},
    )
