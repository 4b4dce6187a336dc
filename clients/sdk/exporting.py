"""An account's letters into a folder that opens without Pli. Resumable: what is whole is not fetched again.

Laws: a file has its name only when all of it is on the disk; no name of a letter chooses a place outside the folder;
the manifest comes last, with the SHA-256 of every file, so that an export with one is whole.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from clients.content import agenda, export_page, shape
from clients.content.agenda_file import agenda_file
from clients.content.as_eml import eml, line
from clients.content.letter import to_bytes
from clients.sdk.mailbox import Mailbox
from clients.sdk.values import Arrived, Item, Unreadable
from crypto.attachment import Attachment

MANIFEST: Final = "manifest.json"
_PIECE: Final = 1 << 20
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+')
_NAME_BYTES: Final = 120


@dataclass(frozen=True)
class Exported:
    """What was written. `unreadable` letters are named in the manifest, and are not in the export."""

    folder: Path
    letters: int
    files: int
    bytes: int
    unreadable: int


@dataclass
class _Work:
    """One export under way. `written`: paths in the order in which they came."""

    folder: Path
    written: list[str] = field(default_factory=list)
    shown: list[export_page.Shown] = field(default_factory=list)
    missing: list[Unreadable] = field(default_factory=list)
    said: list[agenda.Said] = field(default_factory=list)
    files: int = 0


async def export(
    mailbox: Mailbox,
    folder: Path,
    *,
    about: dict[str, Any] | None = None,
    tell: Callable[[str], None] = lambda _: None,
    now: datetime | None = None,
) -> Exported:
    """Every letter as canonical JSON and as .eml, every attachment as its file, index.html, agenda.ics, the manifest.

    `about` goes into account.json. `tell` hears of each letter. A folder that has another account's export is refused
    (ValueError). Raises Refusal, Distrusted, CannotOpen, OSError: begin again with the same folder.
    """
    _claim(folder, mailbox.account)
    work = _Work(folder)
    state, more = None, True
    while more:
        news = await mailbox.news(state)
        for item in news.items:
            await _keep(mailbox, work, item)
            tell(item.id)
        state, more = news.state, news.more
    return _finish(mailbox.account, work, about or {}, now or datetime.now(UTC))


def safe_name(text: str, number: int) -> str:
    """A file's name in an export: of the letter's own name what every file system takes, and never a place."""
    plain = _UNSAFE.sub("_", line(text)).strip(" .") or "file"
    stem, dot, suffix = plain.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem and len(suffix) <= 10 else (plain, "")
    room = _NAME_BYTES - len(suffix.encode())
    return f"{number}-{stem.encode()[:room].decode('utf-8', 'ignore')}{suffix}"


async def _keep(mailbox: Mailbox, work: _Work, item: Item) -> None:
    if isinstance(item, Unreadable):
        work.missing.append(item)
        return
    base, letter = f"letters/{item.id}", item.letter
    paths: dict[bytes, str] = {}
    for number, attachment in enumerate(letter.attachments(), 1):
        path = f"files/{item.id}/{safe_name(attachment.name, number)}"
        await _fetch(mailbox, work, path, attachment)
        paths.setdefault(attachment.id, path)
    _write(work, f"{base}.json", to_bytes(letter))
    if (work.folder / f"{base}.eml").exists():
        work.written.append(f"{base}.eml")
    else:
        _write(work, f"{base}.eml", eml(letter, lambda file: (work.folder / paths[file.id]).read_bytes()))
    work.shown.append(_shown(item, base, paths))
    work.said += [
        agenda.Said(part, letter.sender.account, letter.sender.address)
        for part in letter.parts
        if isinstance(part, agenda.Invitation)
    ]


async def _fetch(mailbox: Mailbox, work: _Work, path: str, attachment: Attachment) -> None:
    target = work.folder / path
    work.files += 1
    work.written.append(path)
    # Its name is given when all of it opened and is on the disk: what has it is whole.
    if target.exists() and target.stat().st_size == attachment.size:
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(".part")
    with partial.open("wb") as sink:
        await mailbox.download_to(attachment, sink)
        sink.flush()
        os.fsync(sink.fileno())
    partial.replace(target)


def _write(work: _Work, path: str, raw: bytes) -> None:
    target = work.folder / path
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = target.with_name(".part")
    with partial.open("wb") as sink:
        sink.write(raw)
        sink.flush()
        os.fsync(sink.fileno())
    partial.replace(target)
    work.written.append(path)


def _shown(item: Arrived, base: str, paths: dict[bytes, str]) -> export_page.Shown:
    letter = item.letter
    names = {attachment.id: attachment.name for attachment in letter.attachments()}
    return export_page.Shown(
        id=item.id,
        when=f"{item.received_at:%Y-%m-%d %H:%M} UTC",
        sent=item.box == "out",
        sender=f"{letter.sender.name} {letter.sender.address}".strip() or letter.sender.account,
        subject=letter.subject,
        text=letter.text,
        files=tuple((names[id_], path) for id_, path in paths.items()),
        copies=((".eml", f"{base}.eml"), (".json", f"{base}.json")),
    )


def _finish(account: str, work: _Work, about: dict[str, Any], now: datetime) -> Exported:
    entries = agenda.fold(work.said)
    if entries:
        _write(work, "agenda.ics", agenda_file(entries))
    if about:
        _write(work, "account.json", _json(about))
    missing = [export_page.Missing(m.id, f"{m.received_at:%Y-%m-%d %H:%M} UTC", m.from_) for m in work.missing]
    made = f"{now:%Y-%m-%d}"
    _write(work, "index.html", export_page.page(account, made, work.shown, missing, agenda=bool(entries)))
    listed = [_measured(work.folder, path) for path in sorted(set(work.written))]
    said = {
        "v": 1, "account": account, "made": shape.spell(now), "files": listed,
        "unreadable": [{"id": m.id, "reason": m.reason, "from": m.from_} for m in work.missing],
    }  # fmt: skip
    _write(work, MANIFEST, _json(said))
    total = sum(int(one["size"]) for one in listed)
    return Exported(work.folder, len(work.shown), work.files, total, len(work.missing))


def _measured(folder: Path, path: str) -> dict[str, str | int]:
    digest, size = hashlib.sha256(), 0
    with (folder / path).open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return {"path": path, "size": size, "sha256": digest.hexdigest()}


def _claim(folder: Path, account: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = folder / ".account"
    if owner.exists():
        if owner.read_text().strip() != account:
            raise ValueError("this folder has another account's export")
    elif any(folder.iterdir()):
        raise ValueError("this folder has other files: give an empty one, or one of an export that was interrupted")
    else:
        owner.write_text(account + "\n")
    (folder / MANIFEST).unlink(missing_ok=True)  # it says that all is whole, which it is not meanwhile


def _json(value: Any) -> bytes:
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
