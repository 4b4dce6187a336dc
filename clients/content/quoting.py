"""What a mail says and what it repeats of earlier ones: quoted history, French and English (docs/spec/content.md).

Laws: the passages together are the text, character for character; a text that would be quoted whole is said whole. A
forwarded message is what its sender wants to say: it is no history. The twin is clients/web/src/content/quoting.ts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["said", "quoted"]

LIMIT: Final = 1 << 20  # bytes of UTF-8 of a letter's text
_LINE: Final = 400  # characters of a line that are looked at
_S: Final = "[ \\t\\r\\u00a0\\u202f]*"
_QUOTED: Final = re.compile(f"{_S}>")
_BLANK: Final = re.compile(f"{_S}$")
_WROTE: Final = re.compile(f"{_S}(?:Le|On) (?=[^\\n]*[0-9])[^\\n]{{5,800}}(?:a écrit|wrote){_S}:{_S}$")
_ORIGINAL: Final = re.compile(f"{_S}-{{2,}}{_S}(?:[Mm]essage d['’][Oo]rigine|[Oo]riginal [Mm]essage){_S}-{{2,}}{_S}$")
_RULE: Final = re.compile(f"{_S}[_-]{{5,}}{_S}$")
_FROM: Final = re.compile(f"{_S}\\*?(?:De|From){_S}:")
_SENT: Final = re.compile(f"{_S}\\*?(?:Envoyé|Date|Sent){_S}:")
_SUBJECT: Final = re.compile(f"{_S}\\*?(?:Objet|Subject){_S}:")
_HEAD: Final = 8  # lines of a mail's head as Outlook repeats it


@dataclass(frozen=True)
class Passage:
    """A piece of a text, with its line ends."""

    kind: Kind
    text: str


def passages(text: str) -> tuple[Passage, ...]:
    """The text in its order; neighbours differ in kind."""
    pieces = [piece for piece in re.split(r"(?<=\n)", text) if piece]
    lines = [piece.removesuffix("\n")[:_LINE] for piece in pieces]
    kinds = _kinds(lines)
    if all(kind == "quoted" or _BLANK.match(line) for kind, line in zip(kinds, lines, strict=True)):
        return (Passage("said", text),) if text else ()
    found: list[tuple[Kind, list[str]]] = []
    for kind, piece in zip(kinds, pieces, strict=True):
        if found and found[-1][0] == kind:
            found[-1][1].append(piece)
        else:
            found.append((kind, [piece]))
    return tuple(Passage(kind, "".join(inside)) for kind, inside in found)


def with_quoted(text: str, wrote: str, earlier: str) -> str:
    """`text` with what `earlier` says quoted below it, under the line `wrote`; without, where it grows too long."""
    said = "".join(passage.text for passage in passages(earlier) if passage.kind == "said").strip("\r\n ")
    if not said:
        return text
    quoted = "\n".join(f"> {line}" if line else ">" for line in said.replace("\r", "").split("\n"))
    whole = f"{text.rstrip(chr(10))}\n\n{wrote}\n{quoted}\n"
    return whole if len(whole.encode()) <= LIMIT else text


def _kinds(lines: Sequence[str]) -> list[Kind]:
    kinds: list[Kind] = ["said"] * len(lines)
    at = 0
    while at < len(lines):
        end = _quoted_until(lines, at)
        kinds[at:end] = ["quoted"] * (end - at)
        at = max(end, at + 1)
    return kinds


def _quoted_until(lines: Sequence[str], at: int) -> int:
    """Where the quoted passage that begins at this line ends; `at` where none begins."""
    if _ORIGINAL.match(lines[at]) or _is_head(lines, at):
        return len(lines)
    below = _after_wrote(lines, at)
    if below == at:
        return _run(lines, at)
    while below < len(lines) and _BLANK.match(lines[below]):
        below += 1
    # Programs that mark no line quote all below theirs.
    return _run(lines, below) if below < len(lines) and _QUOTED.match(lines[below]) else len(lines)


def _run(lines: Sequence[str], at: int) -> int:
    """Behind the last line marked with ">"; blank lines between such lines belong to them."""
    end = at
    for place in range(at, len(lines)):
        if _QUOTED.match(lines[place]):
            end = place + 1
        elif end == at or not _BLANK.match(lines[place]):
            break
    return end


def _after_wrote(lines: Sequence[str], at: int) -> int:
    """Behind "On ... wrote:", which programs break over two lines; `at` where it does not stand."""
    if _WROTE.match(lines[at]):
        return at + 1
    whole = at + 1 < len(lines) and not _BLANK.match(lines[at]) and not _BLANK.match(lines[at + 1])
    return at + 2 if whole and _WROTE.match(f"{lines[at]} {lines[at + 1]}") else at


def _is_head(lines: Sequence[str], at: int) -> bool:
    """From, Sent and Subject below each other, below a rule or not: Outlook's."""
    start = at + 1 if _RULE.match(lines[at]) else at
    while start > at and start < len(lines) and _BLANK.match(lines[start]):
        start += 1
    if start >= len(lines) or not _FROM.match(lines[start]):
        return False
    head = lines[start : start + _HEAD]
    return any(_SENT.match(line) for line in head) and any(_SUBJECT.match(line) for line in head)
