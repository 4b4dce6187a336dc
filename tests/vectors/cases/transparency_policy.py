"""Policies and keys of transparency.json."""

import base64
import hashlib
from collections.abc import Iterator

from crypto.encoding import Json
from crypto.transparency.note import NoteKey
from tests.vectors.cases.transparency_log import ALICE, BOB, CAROL, LOG, LOGS, log, witness
from tests.vectors.material import Case, repeated

_A, _B, _C = (who.keys[0].vkey for who in (ALICE, BOB, CAROL))
_PLAIN, _TIMED = (key.vkey for key in LOG.keys)
WITNESSES = f"witness a {_A}\nwitness b {_B}\nwitness c {_C}\n"


def cases() -> Iterator[Case]:
    """Every case."""
    for group in (_good, _bad_lines, _bad_names, _bad_groups, _bad_keys, _keys):
        yield from group()


def _good() -> Iterator[Case]:
    yield _said("the log alone", f"{LOGS}quorum none\n", [], None)
    yield _said("no end of the last line", f"{LOGS}quorum none", [], None)
    yield _said("the keys in the other order", f"log {_TIMED}\nlog {_PLAIN}\nquorum none\n", [], None)
    spaced = f"# of whom\n\n \t\n\tlog   {_PLAIN}\t\n log {_TIMED}\n  # fin\nquorum\tnone  \n"
    yield _said("comments, empty lines and white space", spaced, [], None)
    addressed = f"log {_PLAIN} https://pli.example/log\nlog {_TIMED}\nwitness a {_A} https://a.example\nquorum a\n"
    found: Json = [["a", _A, "https://a.example"]]
    yield _said("addresses", addressed, found, "a", url="https://pli.example/log")
    yield _said("a witness that is not needed", f"witness a {_A}\n{LOGS}quorum none\n", [["a", _A, None]], None)
    yield _said("other letters in names", f"{LOGS}witness é☃ {_A}\nquorum é☃\n", [["é☃", _A, None]], "é☃")
    modern = ALICE.keys[1].vkey
    yield _said("a witness with ML-DSA-44", f"{LOGS}witness a {modern}\nquorum a\n", [["a", modern, None]], "a")
    three: Json = [["a", _A, None], ["b", _B, None], ["c", _C, None]]
    for spelled, threshold in (("any", 1), ("all", 3), ("2", 2)):
        text = f"{LOGS}{WITNESSES}group g {spelled} a b c\nquorum g\n"
        quorum: Json = {"threshold": threshold, "members": ["a", "b", "c"]}
        yield _said(f"a group of {spelled}", text, three, quorum)
    nested = f"{LOGS}{WITNESSES}group g any a b\ngroup h all g c\nquorum h\n"
    inner: Json = {"threshold": 1, "members": ["a", "b"]}
    yield _said("groups of groups", nested, three, {"threshold": 2, "members": [inner, "c"]})


def _bad_lines() -> Iterator[Case]:
    texts = {
        "nothing": "",
        "an unknown keyword": f"{LOGS}mirror x\nquorum none\n",
        "a keyword in capitals": f"{LOGS}QUORUM none\n",
        "a comment after a line": f"{LOGS}quorum none # nobody\n",
        "a log without a key": f"{LOGS}log\nquorum none\n",
        "a log with two addresses": f"log {_PLAIN} https://a https://b\nlog {_TIMED}\nquorum none\n",
        "a witness without a key": f"{LOGS}witness a\nquorum none\n",
        "a witness with two addresses": f"{LOGS}witness a {_A} https://a https://b\nquorum a\n",
        "a group without members": f"{LOGS}witness a {_A}\ngroup g any\nquorum g\n",
        "a group without a threshold": f"{LOGS}group g\nquorum none\n",
        "a quorum of nothing": f"{LOGS}quorum\n",
        "a quorum of two names": f"{LOGS}{WITNESSES}quorum a b\n",
        "no quorum": LOGS,
        "two quorums": f"{LOGS}quorum none\nquorum none\n",
        "ends of lines with CR": f"{LOGS}quorum none\n".replace("\n", "\r\n"),
        "a zero byte": f"{LOGS}# \x00\nquorum none\n",
        "a delete": f"{LOGS}# \x7f\nquorum none\n",
        "other white space": f"{LOGS}quorum\u00a0none\n",
    }
    for name, text in texts.items():
        yield _refused(name, text)
    long: Json = [f"{LOGS}quorum none\n".encode().hex(), repeated(b"#", 1 << 16)]
    yield _refused("over 64 KiB", None, long)
    yield _refused("not UTF-8", None, (f"{LOGS}quorum none\n# ".encode() + b"\xff\n").hex())


def _bad_names() -> Iterator[Case]:
    texts = {
        "a witness twice": f"{LOGS}witness a {_A}\nwitness a {_B}\nquorum a\n",
        "a group named as a witness": f"{LOGS}{WITNESSES}group a any b\nquorum a\n",
        "a group twice": f"{LOGS}{WITNESSES}group g any a\ngroup g any b\nquorum g\n",
        "a witness named none": f"{LOGS}witness none {_A}\nquorum none\n",
        "a group named none": f"{LOGS}{WITNESSES}group none any a\nquorum none\n",
        "a quorum that is not defined": f"{LOGS}quorum a\n",
        "a quorum that is defined later": f"{LOGS}quorum a\nwitness a {_A}\n",
        "a quorum in capitals": f"{LOGS}witness a {_A}\nquorum A\n",
        "the origin as a quorum": f"{LOGS}quorum pli.example/log\n",
    }
    for name, text in texts.items():
        yield _refused(name, text)


def _bad_groups() -> Iterator[Case]:
    nested = "".join(f"group g{i} any g{i - 1}\n" for i in range(1, 32))
    groups = {
        "an undefined member": "group g any a d\n",
        "none as a member": "group g any a none\n",
        "itself as a member": "group g any a g\n",
        "a member that is defined later": "group g any h\ngroup h any a\n",
        "a member twice": "group g any a a\n",
        "a member of two groups": "group h any a b\ngroup g all h a\n",
        "a threshold of 0": "group g 0 a b\n",
        "a threshold above the members": "group g 3 a b\n",
        "a negative threshold": "group g -1 a b\n",
        "a threshold with a zero before it": "group g 01 a b\n",
        "a threshold in other digits": "group g \u0661 a b\n",
        "a threshold that is a fraction": "group g 1.0 a b\n",
        "a threshold of a million digits' kind": f"group g {'9' * 5000} a b\n",
        "a threshold in words": "group g most a b\n",
        "33 groups": f"group g0 any a\n{nested}group g any g31\n",
    }
    for name, lines in groups.items():
        yield _refused(f"group: {name}", f"{LOGS}{WITNESSES}{lines}quorum g\n")
    many = "".join(f"witness w{i} {witness(f'w{i}').keys[0].vkey}\n" for i in range(33))
    yield _refused("33 witnesses", f"{LOGS}{many}quorum w1\n")


def _bad_keys() -> Iterator[Case]:
    other, moved = log("other"), log("log", "other.example/log")
    texts = {
        "no log": "quorum none\n",
        "only the Ed25519 key": f"log {_PLAIN}\nquorum none\n",
        "only the ML-DSA-44 key": f"log {_TIMED}\nquorum none\n",
        "two Ed25519 keys": f"log {_PLAIN}\nlog {other.keys[0].vkey}\nquorum none\n",
        "three keys": f"{LOGS}log {other.keys[0].vkey}\nquorum none\n",
        "the log's key twice": f"{LOGS}log {_PLAIN}\nquorum none\n",
        "keys of two names": f"log {_PLAIN}\nlog {moved.keys[1].vkey}\nquorum none\n",
        "a witness's type for the log": f"log {_A}\nlog {_TIMED}\nquorum none\n",
        "the log's type for a witness": f"{LOGS}witness a {other.keys[0].vkey}\nquorum a\n",
        "a witness's key twice": f"{LOGS}witness a {_A}\nwitness b {_A}\nquorum a\n",
        "the log's key as a witness": f"{LOGS}witness a {_TIMED}\nquorum a\n",
        "a key twice under two names": f"{LOGS}witness a {_A}\nwitness b {_renamed(ALICE.keys[0])}\nquorum a\n",
        "a weak key": f"{LOGS}witness a {NoteKey('weak.example', 4, bytes(32)).vkey}\nquorum a\n",
        "the log's key is weak": f"log {NoteKey('pli.example/log', 1, bytes(32)).vkey}\nlog {_TIMED}\nquorum none\n",
    }
    for name, text in texts.items():
        yield _refused(f"key: {name}", text)


def _keys() -> Iterator[Case]:
    known = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    public = base64.b64decode(known.rpartition("+")[2])[1:]
    expect: Json = {"name": "example.com/foo", "kind": 1, "keyId": "530d903a", "public": public.hex()}
    yield {"name": "vkey: the example of C2SP signed-note", "op": "vkey", "vkey": known, "expect": expect}
    for key in (*LOG.keys, *ALICE.keys):
        said: Json = {"name": key.name, "kind": key.kind, "keyId": key.key_id.hex(), "public": key.public.hex()}
        yield {"name": f"vkey: of {key.name}, type {key.kind}", "op": "vkey", "vkey": key.vkey, "expect": said}
    name, key_id, coded = known.split("+")
    spelled = {
        "nothing": "",
        "no key": f"{name}+{key_id}",
        "no key id": f"{name}+{coded}",
        "no name": f"+{key_id}+{coded}",
        "another name": f"example.com/bar+{key_id}+{coded}",
        "another key id": f"{name}+530d903b+{coded}",
        "a key id in capitals": f"{name}+530D903A+{coded}",
        "a short key id": f"{name}+530d90+{coded}",
        "a space in the name": f"example.com foo+{key_id}+{coded}",
        "base64 of the other alphabet": f"{name}+{key_id}+{coded[:-1]}_",
        "a line end": f"{known}\n",
        "a plus more": f"{known}+",
        "an unknown type": _vkey(name, b"\x02" + public),
        "a type and no key": _vkey(name, b"\x01"),
        "31 bytes": _vkey(name, b"\x01" + public[:-1]),
        "33 bytes": _vkey(name, b"\x01" + public + b"\x00"),
        "ML-DSA-44 of 32 bytes": _vkey(name, b"\x06" + public),
        "a name of 256 bytes": _vkey("x" * 256, b"\x01" + public),
    }
    for why, vkey in spelled.items():
        yield {"name": f"vkey: {why}", "op": "vkey", "vkey": vkey, "refusal": "transparency/12"}


def _vkey(name: str, raw: bytes) -> str:
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    return f"{name}+{key_id.hex()}+{base64.b64encode(raw).decode()}"


def _renamed(key: NoteKey) -> str:
    return NoteKey("renamed.example", key.kind, key.public).vkey


def _said(name: str, text: str, witnesses: Json, quorum: Json, url: str | None = None) -> Case:
    expect: Json = {
        "hash": hashlib.sha256(text.encode()).hexdigest(),
        "origin": LOG.keys[0].name,
        "logKeys": [_PLAIN, _TIMED],
        "logUrl": url,
        "witnesses": witnesses,
        "quorum": quorum,
    }
    return {"name": f"policy: {name}", "op": "policy", "text": text, "expect": expect}


def _refused(name: str, text: str | None, raw: Json = None) -> Case:
    said: dict[str, Json] = {"raw": raw} if text is None else {"text": text}
    return {"name": f"policy, {name}", "op": "policy", **said, "refusal": "transparency/12"}
