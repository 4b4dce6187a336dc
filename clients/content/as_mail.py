"""A letter's parts as ordinary mail: each kind sees all of its parts at once, so that it may merge them. Pure.

Laws: nothing here names a kind; parts of one kind keep their order, kinds come in the order of their first part.
"""

from collections.abc import Iterator, Sequence

from clients.content.part import Contents, File, MailContext, Part


def files(parts: Sequence[Part], contents: Contents, context: MailContext) -> tuple[File, ...]:
    """What an ordinary mail program receives. `contents` gives the bytes of an attachment."""
    return tuple(file for kind, same in _by_kind(parts) for file in kind.files_of(same, contents, context))


def headers(parts: Sequence[Part]) -> dict[str, str]:
    """Headers that the mail must carry because of these parts."""
    return {name: value for kind, same in _by_kind(parts) for name, value in kind.headers_of(same).items()}


def subject(parts: Sequence[Part]) -> str | None:
    """The subject that a kind prescribes for the mail; None: the letter's own."""
    return next(filter(None, (kind.subject_of(same) for kind, same in _by_kind(parts))), None)


def _by_kind(parts: Sequence[Part]) -> Iterator[tuple[type[Part], list[Part]]]:
    found: dict[type[Part], list[Part]] = {}
    for part in parts:
        found.setdefault(type(part), []).append(part)
    yield from found.items()
