"""The white list: what is refused, what matches, and what never replaces what."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from structlog.typing import EventDict

from bridges.mssante import whitelist
from bridges.mssante.distinguished import BadName, DistinguishedName
from bridges.mssante.whitelist import BadList, Signer
from tests.bridges.authority import NOW, SIGNER, Authority, Issued, name, signed_list, unsigned_list, written
from tests.bridges.conftest import OPERATOR, keeper_of
from tests.bridges.fakes import DOMAIN

LISTED = [(DOMAIN, written(OPERATOR)), ("Autre.Example", "CN=autre,C=FR"), (DOMAIN, "CN=second,C=FR")]


@pytest.fixture
def trusted(authority: Authority, tmp_path: Path) -> Signer:
    return Signer(DistinguishedName.parse(SIGNER), authority.save(tmp_path))


def refusal(raw: bytes, signer: Signer) -> str:
    with pytest.raises(BadList) as found:
        whitelist.read(raw, signer, NOW)
    return str(found.value)


def test_a_signed_list_is_read(signer: Issued, trusted: Signer) -> None:
    found = whitelist.read(signed_list(signer, LISTED), trusted, NOW)
    assert (found.entries, len(found.names), found.generated) == (3, 2, NOW)
    assert found.matches(DOMAIN.upper(), DistinguishedName.of(OPERATOR))
    assert found.matches("autre.example", DistinguishedName.parse("C=FR, CN=AUTRE"))


def test_an_operator_may_speak_for_its_domains_only(signer: Issued, trusted: Signer) -> None:
    found = whitelist.read(signed_list(signer, LISTED), trusted, NOW)
    assert not found.matches("autre.example", DistinguishedName.of(OPERATOR))
    assert found.domains_of(DistinguishedName.of(OPERATOR)) == {DOMAIN}


@pytest.mark.parametrize(
    "other",
    [
        name("mail.operateur.example", unit="1999999999"),
        name("mail.operateur.example", organisation="AUTRE"),
        name("mail2.operateur.example"),
    ],
)
def test_the_same_common_name_with_another_subject_does_not_match(
    signer: Issued, trusted: Signer, other: object
) -> None:
    found = whitelist.read(signed_list(signer, LISTED), trusted, NOW)
    assert not found.matches(DOMAIN, DistinguishedName.of(other))  # type: ignore[arg-type]  # x509.Name, parametrised


@pytest.mark.parametrize(
    "spelling",
    [
        "CN=mail.operateur.example,OU=318751275100020,O=OPERATEUR DE TEST,ST=Paris (75),C=FR",
        "CN=mail.operateur.example, OU=318751275100020, O=Operateur de Test, ST=Paris (75), C=FR",
        "cn = mail.operateur.example ; ou = 318751275100020 ; o = OPERATEUR  DE TEST ; s = Paris (75) ; c = fr",
        "C=FR,ST=Paris (75),O=OPERATEUR DE TEST,OU=318751275100020,CN=MAIL.OPERATEUR.EXAMPLE",
        "2.5.4.3=mail.operateur.example,OID.2.5.4.11=318751275100020,organization=OPERATEUR DE TEST,SP=Paris (75),c=FR",
        'CN="mail.operateur.example",OU=318751275100020,O=OPERATEUR\\ DE TEST,ST=Paris \\2875\\29,C=FR',
    ],
)
def test_spelling_and_order_of_a_name_do_not_matter(spelling: str) -> None:
    assert DistinguishedName.parse(spelling) == DistinguishedName.of(OPERATOR)


@pytest.mark.parametrize("text", ["", "CN", "CN=", "=x", "CN=a,,O", "CN=\\ff"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BadName):
        DistinguishedName.parse(text)


@given(st.text(max_size=200))
def test_noise_is_a_name_or_refused(text: str) -> None:
    with suppress(BadName):
        assert DistinguishedName.parse(text).attributes


def test_an_unsigned_list_is_refused(trusted: Signer) -> None:
    assert "not signed" in refusal(etree.tostring(unsigned_list(LISTED)), trusted)


def test_a_list_that_lost_its_signature_is_refused(signer: Issued, trusted: Signer) -> None:
    root = etree.fromstring(signed_list(signer, LISTED))
    root.remove(root[-1])
    assert "not signed" in refusal(etree.tostring(root), trusted)


def test_a_cut_list_is_refused(signer: Issued, trusted: Signer) -> None:
    raw = signed_list(signer, LISTED)
    assert "cut" in refusal(raw[: len(raw) // 2], trusted)


def test_a_changed_list_is_refused(signer: Issued, trusted: Signer) -> None:
    raw = signed_list(signer, LISTED).replace(b"Autre.Example", b"Notre.Example")
    assert "does not hold" in refusal(raw, trusted)


def test_another_signer_of_the_same_authority_is_refused(authority: Authority, trusted: Signer) -> None:
    other = authority.issue_signer("CN=autre.exemple.example,O=Agence de Test,C=FR")
    assert "pinned" in refusal(signed_list(other, LISTED), trusted)


def test_the_signers_name_of_another_authority_is_refused(trusted: Signer) -> None:
    stranger = Authority("AC DE TEST").issue_signer(SIGNER)
    assert "does not hold" in refusal(signed_list(stranger, LISTED), trusted)


def test_an_operators_certificate_signs_no_list(authority: Authority, trusted: Signer) -> None:
    wrong = authority.issue_signer(written(OPERATOR))
    assert "pinned" in refusal(signed_list(wrong, LISTED), trusted)


def test_entries_beside_what_was_signed_are_not_read(signer: Issued, trusted: Signer) -> None:
    root = etree.fromstring(signed_list(signer, LISTED))
    wrapper = etree.Element("x")
    wrapper.append(root)
    wrapper.append(root[-1])
    refusal(etree.tostring(wrapper), trusted)


def test_a_document_type_is_refused(signer: Issued, trusted: Signer) -> None:
    raw = signed_list(signer, LISTED)
    head, _, rest = raw.partition(b"?>")
    assert "document type" in refusal(head + b'?><!DOCTYPE x [<!ENTITY a "b">]>' + rest, trusted)


def test_a_list_without_domains_is_refused(signer: Issued, trusted: Signer) -> None:
    assert "no domain" in refusal(signed_list(signer, []), trusted)


async def test_a_better_list_replaces_the_last(tmp_path: Path, authority: Authority, signer: Issued) -> None:
    keeper = keeper_of(tmp_path, authority)
    put(tmp_path, signed_list(signer, LISTED))
    await keeper.start()
    put(tmp_path, signed_list(signer, [*LISTED, ("new.example", "CN=new,C=FR")], NOW + timedelta(hours=1)))
    await keeper.check()
    assert keeper.matches("new.example", DistinguishedName.parse("CN=new,C=FR"))


@pytest.mark.parametrize(
    ("entries", "age", "words"),
    [(LISTED[:1], -1, "shrank"), ([*LISTED, ("new.example", "CN=new,C=FR")], 2, "older")],
)
async def test_a_worse_list_never_replaces_the_last(
    tmp_path: Path,
    authority: Authority,
    signer: Issued,
    logs: list[EventDict],
    entries: list[tuple[str, str]],
    age: int,
    words: str,
) -> None:
    keeper = keeper_of(tmp_path, authority)
    put(tmp_path, signed_list(signer, LISTED))
    await keeper.start()
    put(tmp_path, signed_list(signer, entries, NOW - timedelta(hours=age)))
    await keeper.check()
    assert keeper.matches("autre.example", DistinguishedName.parse("CN=autre,C=FR"))
    assert not keeper.matches("new.example", DistinguishedName.parse("CN=new,C=FR"))
    assert [words in entry["reason"] for entry in logs if entry["event"] == "whitelist.refused"] == [True]


async def test_the_last_good_list_survives_a_restart_with_a_bad_file(
    tmp_path: Path, authority: Authority, signer: Issued
) -> None:
    first = keeper_of(tmp_path, authority)
    put(tmp_path, signed_list(signer, LISTED))
    await first.start()
    put(tmp_path, b"<cut")
    second = keeper_of(tmp_path, authority)
    await second.start()
    assert second.matches(DOMAIN, DistinguishedName.of(OPERATOR))


async def test_without_any_list_nobody_matches(tmp_path: Path, authority: Authority) -> None:
    keeper = keeper_of(tmp_path, authority)
    await keeper.start()
    assert not keeper.matches(DOMAIN, DistinguishedName.of(OPERATOR))
    assert keeper.age() is None


async def test_an_old_list_is_an_alarm(
    tmp_path: Path, authority: Authority, signer: Issued, logs: list[EventDict]
) -> None:
    keeper = keeper_of(tmp_path, authority)
    put(tmp_path, signed_list(signer, LISTED, NOW - timedelta(days=9)))
    await keeper.start()
    assert [entry["days"] for entry in logs if entry["event"] == "whitelist.old"] == [9]


def put(folder: Path, raw: bytes) -> None:
    fresh = folder / "fresh.xml"
    fresh.write_bytes(raw)
    fresh.replace(folder / "list.xml")
