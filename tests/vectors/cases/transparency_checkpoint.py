"""Checkpoints of transparency.json: a note, a policy and a time."""

import base64
from collections.abc import Iterator
from dataclasses import replace

from crypto.encoding import Json
from tests.vectors.cases.transparency_log import (
    ALICE,
    BOB,
    CAROL,
    DAY,
    HEAD,
    LOG,
    LOGS,
    NOW_TEXT,
    SECONDS,
    Head,
    changed,
    line,
    log,
    signed,
    witness,
)
from tests.vectors.material import Case, flipped, repeated

SOLO = LOGS + "quorum none\n"
ONE = f"{LOGS}witness a {ALICE.keys[0].vkey}\nquorum a\n"
MODERN = f"{LOGS}witness a {ALICE.keys[1].vkey}\nquorum a\n"
THREE = "".join(f"witness {name} {who.keys[0].vkey}\n" for name, who in zip("abc", (ALICE, BOB, CAROL), strict=True))
TWO_OF_THREE = f"{LOGS}{THREE}group g 2 a b c\nquorum g\n"
NESTED = f"{LOGS}{THREE}group g any a b\ngroup h all g c\nquorum h\n"
NOTE = HEAD.text + "\n" + signed()
STRANGER = witness("eve")


def cases() -> Iterator[Case]:
    """Every case."""
    yield from _good()
    for group in (_bad_notes, _bad_texts, _bad_signatures, _bad_quorums, _bad_ages):
        yield from group()


def _good() -> Iterator[Case]:
    yield _accepted("the log alone", NOTE, SOLO)
    yield _accepted("a witness with Ed25519", NOTE + ALICE.cosigned(), ONE)
    yield _accepted("a witness with ML-DSA-44", NOTE + ALICE.subtree(), MODERN)
    yield _accepted("two of three", NOTE + ALICE.cosigned() + CAROL.cosigned(), TWO_OF_THREE)
    yield _accepted("groups of groups", NOTE + BOB.cosigned() + CAROL.cosigned(), NESTED)
    stranger = STRANGER.plain() + line(replace(LOG.keys[0], public=bytes(32)), bytes(64))
    yield _accepted("unknown signatures, one under the log's name", HEAD.text + "\n" + stranger + signed(), SOLO)
    yield _accepted("a witness first", HEAD.text + "\n" + ALICE.cosigned() + signed(), ONE)
    yield _accepted("32 lines", NOTE + STRANGER.plain() * 30, SOLO)
    for size in (0, 1, 2**53 - 1):
        head = replace(HEAD, size=size)
        yield _accepted(f"of size {size}", head.text + "\n" + signed(head), SOLO, head=head)
    old, ahead = SECONDS - DAY, SECONDS + 600
    yield _accepted("24 hours old", f"{HEAD.text}\n{signed(time=old)}{ALICE.cosigned(time=old)}", ONE)
    yield _accepted("10 minutes ahead", f"{HEAD.text}\n{signed(time=ahead)}{ALICE.cosigned(time=ahead)}", ONE)
    spare = NOTE + ALICE.cosigned() + BOB.cosigned() + CAROL.cosigned(time=1)
    yield _accepted("an old cosignature that is not needed", spare, TWO_OF_THREE)
    yield _accepted("signed again by the log", NOTE + LOG.subtree(time=SECONDS - 2 * DAY), SOLO)
    yield _accepted("cosigned again", NOTE + ALICE.cosigned(time=1) + ALICE.cosigned(), ONE)


def _bad_notes() -> Iterator[Case]:
    first = signed().split("\n")[0]
    notes = {
        "nothing": "",
        "no empty line": NOTE.replace("\n\n", "\n"),
        "no signature": HEAD.text + "\n",
        "only signatures": signed(),
        "no end of the last line": NOTE[:-1],
        "an empty line at the end": NOTE + "\n",
        "a hyphen for a dash": NOTE.replace("— ", "- ", 1),
        "no space after the dash": NOTE.replace("— ", "—", 1),
        "two spaces": NOTE.replace("— ", "—  ", 1),
        "a space at the end of a line": NOTE.replace(first, first + " "),
        "no signature in a line": NOTE + "— eve.example/w\n",
        "an empty signature in a line": NOTE + "— eve.example/w \n",
        "a line without a name": NOTE + "— " + base64.b64encode(bytes(68)).decode() + "\n",
        "a key id and no signature": NOTE + "— eve.example/w " + base64.b64encode(bytes(4)).decode() + "\n",
        "base64 without padding": NOTE + "— eve.example/w AAAAAAA\n",
        "base64 of the other alphabet": NOTE + "— eve.example/w AAAAAA-_\n",
        "base64 with bits too many": NOTE + "— eve.example/w AAAAAAB=\n",
        "a plus in a name": NOTE + "— eve+w AAAAAAAA\n",
        "a no-break space in a name": NOTE + "— eve\u00a0w AAAAAAAA\n",
        "an ideographic space in a name": NOTE + "— eve\u3000w AAAAAAAA\n",
        "a tab in a line": NOTE + "— eve\tw AAAAAAAA\n",
        "text after the signatures": NOTE + "more\n",
        "33 lines": NOTE + STRANGER.plain() * 31,
        "ends of lines with CR": NOTE.replace("\n", "\r\n"),
        "a zero byte": NOTE + "— eve\x00w AAAAAAAA\n",
        "an escape in the text": HEAD.text[:-1] + "\x1b\n\n" + signed(),
    }
    for name, note in notes.items():
        yield _refused(name, note, SOLO, 5)
    raw = NOTE.encode()
    yield _refused_raw("not UTF-8", (raw + b"\xe2\x80\x94 eve\xff AAAAAAAA\n").hex(), 5)
    yield _refused_raw("a lone surrogate", (raw + b"\xe2\x80\x94 eve\xed\xa0\x80 AAAAAAAA\n").hex(), 5)
    yield _refused_raw("a mark of byte order and UTF-16", NOTE.encode("utf-16").hex(), 5)
    long: Json = [raw.hex(), "— eve.example/w ".encode().hex(), repeated(b"AAAA", 1 << 15), "0a"]
    yield _refused_raw("over 128 KiB", long, 5)


def _bad_texts() -> Iterator[Case]:
    origin, size, root, _ = HEAD.text.split("\n")
    texts = {
        "two lines": f"{origin}\n{size}\n",
        "a line more": f"{HEAD.text}extension\n",
        "an empty line at the end of the text": f"{HEAD.text}\n",
        "an empty line in the text": f"{origin}\n\n{size}\n{root}\n",
        "a size with a zero before it": f"{origin}\n0{size}\n{root}\n",
        "a size with a sign": f"{origin}\n+{size}\n{root}\n",
        "a negative size": f"{origin}\n-1\n{root}\n",
        "a size that is a fraction": f"{origin}\n1.0\n{root}\n",
        "a size with a space": f"{origin}\n {size}\n{root}\n",
        "a size in other digits": f"{origin}\n\u0661\n{root}\n",
        "a size of two zeroes": f"{origin}\n00\n{root}\n",
        "no size": f"{origin}\n\n{root}\n",
        "a size that JSON cannot say": f"{origin}\n{2**53}\n{root}\n",
        "a size of 63 bits": f"{origin}\n{2**63 - 1}\n{root}\n",
        "a root of 31 bytes": f"{origin}\n{size}\n{base64.b64encode(bytes(31)).decode()}\n",
        "a root of 33 bytes": f"{origin}\n{size}\n{base64.b64encode(bytes(33)).decode()}\n",
        "a root without padding": f"{origin}\n{size}\n{root[:-1]}\n",
        "a root of the other alphabet": f"{origin}\n{size}\n{'_' * 42}8=\n",
        "a root with bits too many": f"{origin}\n{size}\n{'A' * 42}B=\n",
        "no origin": f"\n{size}\n{root}\n",
        "an origin with a space": f"pli example/log\n{size}\n{root}\n",
        "an origin with a plus": f"pli+example/log\n{size}\n{root}\n",
        "the origin in capitals": f"PLI.example/log\n{size}\n{root}\n",
        "an origin with a space at its end": f"{origin} \n{size}\n{root}\n",
    }
    for name, text in texts.items():
        plain = line(LOG.keys[0], LOG.ed25519.sign(text.encode()))
        yield _refused(f"text: {name}", text + "\n" + plain + LOG.subtree(), SOLO, 6)
    other = replace(HEAD, origin="other.example/log")
    yield _refused("text: another origin, signed by the same keys", other.text + "\n" + signed(other), SOLO, 6)
    theirs = log("other", "other.example/log")
    yield _refused("text: another log's", other.text + "\n" + theirs.plain(other) + theirs.subtree(other), SOLO, 6)


def _bad_signatures() -> Iterator[Case]:
    plain, timed, eve = LOG.plain(), LOG.subtree(), log("eve")
    lines = {
        "only the Ed25519 one": plain,
        "only the ML-DSA-44 one": timed,
        "of a stranger under the log's name": eve.plain() + eve.subtree(),
        "Ed25519 by a stranger, with the log's key id": line(LOG.keys[0], eve.ed25519.sign(HEAD.text.encode())) + timed,
        "ML-DSA-44 by a stranger, with the log's key id": plain + _as_the_logs(eve.subtree()),
        "one bit of Ed25519 changed": changed(plain, lambda raw: flipped(raw, 9)) + timed,
        "one bit of ML-DSA-44 changed": plain + changed(timed, lambda raw: flipped(raw, 900)),
        "one bit of the time changed": plain + changed(timed, lambda raw: flipped(raw, 56)),
        "another time than was signed": plain + LOG.subtree(said=SECONDS + 1),
        "a time of 0": plain + LOG.subtree(time=0),
        "a time of 64 bits": plain + LOG.subtree(time=2**63),
        "Ed25519 cut": changed(plain, lambda raw: raw[:-1]) + timed,
        "Ed25519 with a byte more": changed(plain, lambda raw: raw + b"\x00") + timed,
        "ML-DSA-44 cut": plain + changed(timed, lambda raw: raw[:-1]),
        "ML-DSA-44 with a byte more": plain + changed(timed, lambda raw: raw + b"\x00"),
        "a time and no ML-DSA-44": plain + changed(timed, lambda raw: raw[:8]),
        "less than a time": plain + changed(timed, lambda raw: raw[:7]),
        "Ed25519 all zero": line(LOG.keys[0], bytes(64)) + timed,
        "Ed25519 of another size": LOG.plain(replace(HEAD, size=1)) + timed,
        "ML-DSA-44 of another size": plain + LOG.subtree(replace(HEAD, size=1)),
        "ML-DSA-44 of another root": plain + LOG.subtree(replace(HEAD, root=bytes(32))),
        "ML-DSA-44 of another origin": plain + LOG.subtree(replace(HEAD, origin="other.example/log")),
        "ML-DSA-44 of a part of the tree": plain + LOG.subtree(start=1),
        "Ed25519 as a cosignature": LOG.cosigned() + timed,
        "a good one and a wrong one": plain + timed + changed(plain, lambda raw: flipped(raw, 9)),
    }
    for name, spelled in lines.items():
        yield _refused(f"signature: {name}", HEAD.text + "\n" + spelled, SOLO, 7)
    wrong = changed(CAROL.cosigned(), lambda raw: flipped(raw, 100))
    enough = NOTE + ALICE.cosigned() + BOB.cosigned()
    yield _refused("signature: a known witness's is wrong, beside enough others", enough + wrong, TWO_OF_THREE, 7)
    moved = ALICE.cosigned(replace(HEAD, root=bytes(32)))
    yield _refused("signature: a witness's of another checkpoint", NOTE + moved, ONE, 7)
    late = changed(ALICE.cosigned(time=1), lambda raw: SECONDS.to_bytes(8, "big") + raw[8:])
    yield _refused("signature: a witness's made young", NOTE + late, ONE, 7)
    bare = line(ALICE.keys[0], SECONDS.to_bytes(8, "big") + ALICE.ed25519.sign(HEAD.text.encode()))
    yield _refused("signature: a witness's without its label", NOTE + bare, ONE, 7)


def _bad_quorums() -> Iterator[Case]:
    yield _refused("quorum: nobody", NOTE, ONE, 8)
    yield _refused("quorum: a stranger", NOTE + STRANGER.cosigned(), ONE, 8)
    yield _refused("quorum: the witness's other key", NOTE + ALICE.subtree(), ONE, 8)
    yield _refused("quorum: another witness", NOTE + BOB.cosigned(), ONE, 8)
    yield _refused("quorum: one of two", NOTE + ALICE.cosigned(), TWO_OF_THREE, 8)
    yield _refused("quorum: one twice", NOTE + ALICE.cosigned() * 2, TWO_OF_THREE, 8)
    again = ALICE.cosigned() + ALICE.cosigned(time=SECONDS - 1)
    yield _refused("quorum: one twice, at two times", NOTE + again, TWO_OF_THREE, 8)
    yield _refused("quorum: one group of two", NOTE + ALICE.cosigned() + BOB.cosigned(), NESTED, 8)
    yield _refused("quorum: the other group of two", NOTE + CAROL.cosigned(), NESTED, 8)
    yield _refused("quorum: Ed25519 at time 0", NOTE + ALICE.cosigned(time=0), ONE, 8)
    yield _refused("quorum: ML-DSA-44 at time 0", NOTE + ALICE.subtree(time=0), MODERN, 8)
    zero = NOTE + ALICE.cosigned() + BOB.cosigned() + CAROL.cosigned(time=0)
    yield _refused("quorum: time 0 beside enough others", zero, TWO_OF_THREE, 8)


def _bad_ages() -> Iterator[Case]:
    old, ahead = SECONDS - DAY - 1, SECONDS + 601
    yield _refused("age: over 24 hours", f"{HEAD.text}\n{signed(time=old)}", SOLO, 9)
    yield _refused("age: over 10 minutes ahead", f"{HEAD.text}\n{signed(time=ahead)}", SOLO, 9)
    yield _refused("age: from the first second", f"{HEAD.text}\n{signed(time=1)}", SOLO, 9)
    yield _refused("age: far in the future", f"{HEAD.text}\n{signed(time=2**63 - 1)}", SOLO, 9)
    beside = f"{HEAD.text}\n{signed(time=old)}{ALICE.cosigned()}"
    yield _refused("age: the log's, beside a fresh witness", beside, ONE, 9)
    yield _refused("age: the witness's", NOTE + ALICE.cosigned(time=old), ONE, 9)
    yield _refused("age: the witness's is ahead", NOTE + ALICE.cosigned(time=ahead), ONE, 9)
    yield _refused("age: of ML-DSA-44", NOTE + ALICE.subtree(time=old), MODERN, 9)
    one = NOTE + ALICE.cosigned(time=old) + BOB.cosigned()
    yield _refused("age: one of the two that are needed", one, TWO_OF_THREE, 9)


def _as_the_logs(spelled: str) -> str:
    dash, name, coded = spelled.rstrip("\n").split(" ")
    raw = LOG.keys[1].key_id + base64.b64decode(coded)[4:]
    return f"{dash} {name} {base64.b64encode(raw).decode()}\n"


def _accepted(name: str, note: str, policy: str, head: Head = HEAD) -> Case:
    said: Json = {"origin": head.origin, "size": head.size, "root": head.root.hex()}
    return {**_case(f"checkpoint: {name}", policy), "note": note, "expect": said}


def _refused(name: str, note: str, policy: str, item: int) -> Case:
    return {**_case(f"checkpoint, {name}", policy), "note": note, "refusal": f"transparency/{item}"}


def _refused_raw(name: str, raw: Json, item: int) -> Case:
    return {**_case(f"checkpoint, {name}", SOLO), "raw": raw, "refusal": f"transparency/{item}"}


def _case(name: str, policy: str) -> dict[str, Json]:
    return {"name": name, "op": "checkpoint", "policy": policy, "now": NOW_TEXT}
