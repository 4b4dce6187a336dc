"""The catalogue of apps: signed, versioned, read by everybody."""

from pathlib import Path
from typing import Any

import pytest

from crypto.encoding import b64u, canonical, unb64u
from crypto.keys import SigningSeed
from messaging.relay.catalogue import AskCatalogue, TakeCatalogue
from messaging.server.config import BadConfig, load
from messaging.wire import names
from messaging.wire.catalogue import BadCatalogue, SignedCatalogue, read, sign, verify
from messaging.wire.codec import encode
from messaging.wire.errors import Refusal
from tests.messaging.apps import app, catalogue, entry, publish
from tests.messaging.desk import AUTHORITY, Desk
from tests.messaging.doors import Visitor
from tests.relays import relay_in_process

KEYS = [AUTHORITY.public().raw]


def signed(desk: Desk, version: int = 1) -> SignedCatalogue:
    return sign(catalogue(desk, version, entry(desk, app(desk, f"app{version}"))), AUTHORITY)


def test_what_is_signed_is_read_back_and_handed_on(desk: Desk) -> None:
    made = signed(desk)
    assert desk.ask(TakeCatalogue(encode(made))) == 1
    assert desk.ask(AskCatalogue()) == made
    assert verify(made, KEYS).apps[0].publisher == "Example SAS"


def test_where_there_is_none_there_is_none(desk: Desk) -> None:
    with pytest.raises(Refusal, match="notFound"):
        desk.ask(AskCatalogue())


def other_key(made: SignedCatalogue) -> bytes:
    return encode(sign(verify(made, KEYS), SigningSeed.generate()))


def own_key_named_the_authoritys(made: SignedCatalogue) -> bytes:
    forged = sign(verify(made, KEYS), SigningSeed.generate())
    return encode({**_json(forged), "key": made.key})


def another_version(made: SignedCatalogue) -> bytes:
    raw = unb64u(made.catalogue).replace(b'"version":1', b'"version":9')
    return encode({**_json(made), "catalogue": b64u(raw)})


def signature_without_label(made: SignedCatalogue) -> bytes:
    return encode({**_json(made), "signature": b64u(AUTHORITY.sign(unb64u(made.catalogue)))})


def unknown_member(made: SignedCatalogue) -> bytes:
    return encode({**_json(made), "note": "x"})


def no_catalogue(made: SignedCatalogue) -> bytes:
    raw = canonical({"version": 9})
    label = b"pli catalogue v1\x00"
    return encode({**_json(made), "catalogue": b64u(raw), "signature": b64u(AUTHORITY.sign(label + raw))})


def too_large(made: SignedCatalogue) -> bytes:
    return b" " * (1 << 20) + encode(made)


def cut_short(made: SignedCatalogue) -> bytes:
    return encode(made)[:-9]


@pytest.mark.parametrize("spoil", [
    other_key, own_key_named_the_authoritys, another_version, signature_without_label, unknown_member, no_catalogue,
    too_large, cut_short,
])  # fmt: skip
def test_what_the_authority_did_not_sign_is_not_taken(desk: Desk, spoil: Any) -> None:
    made = signed(desk)
    wrong = spoil(made)
    with pytest.raises(BadCatalogue):
        read(wrong, KEYS)
    with pytest.raises(Refusal, match="invalidProperties"):
        desk.ask(TakeCatalogue(wrong))
    with pytest.raises(Refusal, match="notFound"):
        desk.ask(AskCatalogue())


def test_an_account_stands_in_it_once(desk: Desk) -> None:
    carnet = app(desk)
    with pytest.raises(BadCatalogue, match="twice"):
        sign(catalogue(desk, 1, entry(desk, carnet), entry(desk, carnet)), AUTHORITY)


def test_an_older_one_and_another_of_the_same_version_are_refused(desk: Desk) -> None:
    old = encode(signed(desk, 1))
    desk.ask(TakeCatalogue(encode(signed(desk, 2))))
    for wrong in (old, encode(sign(catalogue(desk, 2), AUTHORITY))):
        with pytest.raises(Refusal, match="published already"):
            desk.ask(TakeCatalogue(wrong))
    assert verify(desk.ask(AskCatalogue()), KEYS).version == 2


def test_the_same_again_changes_nothing(desk: Desk) -> None:
    carnet = entry(desk, app(desk))
    assert [publish(desk, 3, carnet), publish(desk, 3, carnet)] == [3, 3]


async def test_it_is_served_taken_anew_and_a_wrong_one_keeps_what_was(tmp_path: Path, desk: Desk) -> None:
    file = tmp_path / "catalogue.json"
    file.write_bytes(encode(signed(desk, 1)))
    async with relay_in_process(tmp_path / "relay", catalogue=file, authorities=tuple(KEYS)) as relay:
        said = [await _served(relay)]
        for raw in (encode(signed(desk, 2)), b"noise"):
            _replace(file, raw)
            try:
                await relay._published.look()
            except Refusal:
                said.append(0)
            said.append(await _served(relay))
    assert said == [1, 2, 0, 2]


async def test_a_relay_with_a_wrong_file_does_not_start(tmp_path: Path) -> None:
    file = tmp_path / "catalogue.json"
    file.write_bytes(b"{}")
    with pytest.raises(BadConfig, match="catalogue"):
        async with relay_in_process(tmp_path / "relay", catalogue=file, authorities=tuple(KEYS)):
            pass


@pytest.mark.parametrize("text", ['file = "x"', 'authority = "short"', 'authority = ["AA"]', 'autority = "x"'])
def test_wrong_settings_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "relay.toml").write_text(f'[relay]\ndata = "data"\n[catalogue]\n{text}\n')
    with pytest.raises(BadConfig):
        load(tmp_path / "relay.toml")


def _json(made: SignedCatalogue) -> dict[str, str]:
    return {"catalogue": made.catalogue, "signature": made.signature, "key": made.key}


def _replace(file: Path, raw: bytes) -> None:
    new = file.with_suffix(".new")
    new.write_bytes(raw)
    new.replace(file)


async def _served(relay: Any) -> int:
    heard = await Visitor(relay).ask("GET", names.CATALOGUE)
    assert heard.status == 200
    return read(heard.body, KEYS)[1].version
