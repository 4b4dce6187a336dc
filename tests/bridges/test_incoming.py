"""Mail in: transcripts over loopback with real TLS, real parsing processes and a relay in memory."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from structlog.typing import EventDict

from bridges.mail.workers import Workers
from bridges.mssante import outbox
from bridges.mssante.database import Database
from bridges.mssante.whitelist_keeper import WhitelistKeeper
from messaging.wire.errors import Refusal
from tests.bridges.authority import Authority, Issued, credentials, name
from tests.bridges.conftest import OPERATOR, Running, start
from tests.bridges.fakes import DOCTOR, DOMAIN, PATIENT, account
from tests.bridges.mails import mail
from tests.bridges.transcript import Peer

NOT_TRUSTED = (
    "550 5.7.1 Mail is taken here with a valid certificate that stands in the white list for the sender's domain"
)
OTHER = "180035121518989@patient.pli.example"


def reasons(logs: list[EventDict]) -> list[str]:
    return [entry["reason"] for entry in logs if entry["event"].startswith("incoming.")]


async def test_a_mail_becomes_a_letter_before_the_250(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail().as_bytes(), "250 2.0.0")
    (letter,) = running.relay.letters()
    assert (letter.subject, letter.text) == ("Vos résultats", "Bonjour,\nvos résultats.")
    assert letter.mail is not None
    assert (letter.mail.message_id, letter.mail.from_, letter.mail.to) == (
        "<one@cabinet.mssante.example>",
        DOCTOR,
        PATIENT,
    )
    peer.close()


async def test_the_same_bytes_again_are_the_same_letter(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    for _ in range(3):
        await peer.hands_over(mail().as_bytes(), "250 2.0.0")
    assert len(running.relay.sealed) == 1
    peer.close()


async def test_the_same_message_id_with_other_content_is_another_letter(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail("un").as_bytes(), "250 2.0.0")
    await peer.hands_over(mail("deux").as_bytes(), "250 2.0.0")
    first, second = running.relay.letters()
    assert (first.thread, first.counter, second.counter) == (second.thread, 1, 2)
    assert second.previous is not None
    peer.close()


async def test_lines_that_begin_with_dots_arrive_as_they_were(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail(".\n..\n.x\ny.\n").as_bytes(), "250 2.0.0")
    assert running.relay.letters()[0].text == ".\n..\n.x\ny."
    peer.close()


async def test_several_patients_get_a_letter_each(running: Running) -> None:
    running.relay.people[OTHER] = "open"
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail().as_bytes(), "250 2.0.0", (PATIENT, OTHER))
    assert [letter.counter for letter in running.relay.letters()] == [1, 1]
    peer.close()


async def test_nothing_is_taken_before_tls(running: Running) -> None:
    peer = await Peer.connect(running)
    offered = await peer.asks("EHLO x", "250 ")
    assert "250-STARTTLS" in offered
    for command in (f"MAIL FROM:<{DOCTOR}>", f"RCPT TO:<{PATIENT}>", "DATA", "AUTH PLAIN x", "VRFY x"):
        await peer.asks(command, "530 5.7.0")
    peer.close()


async def test_nothing_is_offered_that_is_not_there(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    offered = await peer.asks("EHLO x", "250 ")
    assert [line[4:].split()[0] for line in offered[1:]] == ["SIZE", "8BITMIME", "ENHANCEDSTATUSCODES"]
    for command in ("AUTH PLAIN x", "VRFY x", "EXPN x", "HELP", "STARTTLS"):
        await peer.asks(command, "5" if command != "STARTTLS" else "")
        if command == "STARTTLS":
            break
    peer.close()


async def test_without_a_certificate_the_refusal_says_so(running: Running, logs: list[EventDict]) -> None:
    peer = await Peer.secured(running, None)
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", NOT_TRUSTED)
    assert reasons(logs) == ["noCertificate"]
    peer.close()


@pytest.mark.parametrize(
    ("common", "unit", "sender", "reason"),
    [
        ("mail.operateur.example", "1999999999", DOCTOR, "certificateNotListed"),
        ("mail.operateur.example", "318751275100020", "dr@other.example", "otherDomainsCertificate"),
        ("mail.operateur.example", "318751275100020", "dr@nowhere.example", "domainNotListed"),
        ("stranger.example", "318751275100020", DOCTOR, "certificateNotListed"),
    ],
)
async def test_a_certificate_that_does_not_fit_the_domain_learns_nothing(
    running: Running,
    authority: Authority,
    tmp_path: Path,
    logs: list[EventDict],
    common: str,
    unit: str,
    sender: str,
    reason: str,
) -> None:
    client = credentials(authority, authority.issue(name(common, unit)), tmp_path, "other")
    peer = await Peer.secured(running, client)
    assert await peer.asks(f"MAIL FROM:<{sender}>", "550 5.7.1") == [NOT_TRUSTED]
    assert reasons(logs) == [reason]
    peer.close()


async def test_a_certificate_of_another_authority_hears_the_same_words(
    running: Running, tmp_path: Path, logs: list[EventDict]
) -> None:
    stranger = Authority("AC INCONNUE")
    peer = await Peer.secured(running, credentials(stranger, stranger.issue(OPERATOR), tmp_path, "stranger"))
    assert await peer.asks(f"MAIL FROM:<{DOCTOR}>", "550 ") == [NOT_TRUSTED]
    assert reasons(logs) == ["unknownAuthority"]
    peer.close()


async def test_an_authority_of_the_same_name_with_another_key_is_another(
    running: Running, tmp_path: Path, logs: list[EventDict]
) -> None:
    impostor = Authority()
    peer = await Peer.secured(running, credentials(impostor, impostor.issue(OPERATOR), tmp_path, "impostor"))
    assert await peer.asks(f"MAIL FROM:<{DOCTOR}>", "550 ") == [NOT_TRUSTED]
    assert reasons(logs) in (["unknownAuthority"], ["badSignature"])
    peer.close()


@pytest.mark.parametrize(("life", "begin", "reason"), [(-1, -10, "expired"), (2, 1, "notYetValid")])
async def test_a_certificate_out_of_its_time_hears_the_same_words(
    running: Running, authority: Authority, tmp_path: Path, logs: list[EventDict], life: int, begin: int, reason: str
) -> None:
    issued = authority.issue(OPERATOR, timedelta(days=life), begin=timedelta(days=begin))
    peer = await Peer.secured(running, credentials(authority, issued, tmp_path, "untimely"))
    assert await peer.asks(f"MAIL FROM:<{DOCTOR}>", "550 ") == [NOT_TRUSTED]
    assert reasons(logs) == [reason]
    peer.close()


async def test_a_certificate_for_servers_alone_hears_the_same_words(
    running: Running, authority: Authority, tmp_path: Path, logs: list[EventDict]
) -> None:
    issued = authority.issue(OPERATOR, usages=(ExtendedKeyUsageOID.SERVER_AUTH,))
    peer = await Peer.secured(running, credentials(authority, issued, tmp_path, "server-only"))
    assert await peer.asks(f"MAIL FROM:<{DOCTOR}>", "550 ") == [NOT_TRUSTED]
    assert reasons(logs) == ["wrongPurpose"]
    peer.close()


async def test_a_revoked_certificate_hears_the_same_words(
    tmp_path: Path, authority: Authority, operator: Issued, workers: Workers, database: Database,
    whitelist: WhitelistKeeper, logs: list[EventDict],
) -> None:  # fmt: skip
    revoked = authority.issue(OPERATOR)
    crl = authority.revocations(revoked)
    async for gateway in start(tmp_path, authority, operator, workers, database, whitelist, revoked=crl):
        good = await Peer.secured(gateway, gateway.client)
        await good.asks(f"MAIL FROM:<{DOCTOR}>", "250 ")
        good.close()
        peer = await Peer.secured(gateway, credentials(authority, revoked, tmp_path, "revoked"))
        assert await peer.asks(f"MAIL FROM:<{DOCTOR}>", "550 ") == [NOT_TRUSTED]
        assert reasons(logs) == ["revoked"]
        peer.close()


async def test_without_any_word_on_revocation_mail_waits(
    tmp_path: Path, authority: Authority, operator: Issued, workers: Workers, database: Database,
    whitelist: WhitelistKeeper, logs: list[EventDict],
) -> None:  # fmt: skip
    async for gateway in start(tmp_path, authority, operator, workers, database, whitelist, revoked=b""):
        peer = await Peer.secured(gateway, gateway.client)
        await peer.asks(f"MAIL FROM:<{DOCTOR}>", "451 4.3.0")
        assert reasons(logs) == ["revocationUnknown"]
        peer.close()


async def test_what_a_handshake_cannot_have_is_told(running: Running) -> None:
    peer = await Peer.connect(running)
    await peer.asks("EHLO x", "250 ")
    await peer.asks("STARTTLS", "220 ")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await peer.start_tls(running.client, running.client, ciphers="AES128-SHA")
    assert await peer.is_hung_up()


async def test_a_header_from_of_another_domain_is_refused(running: Running, logs: list[EventDict]) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail(sender="dr@other.example").as_bytes(), NOT_TRUSTED)
    assert reasons(logs) == ["headerFromNotBound"]
    peer.close()


async def test_a_sender_without_a_mailbox_here_is_refused(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail(sender=f"dr.unknown@{DOMAIN}").as_bytes(), "550 5.7.1 The sender has no mailbox")
    peer.close()


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        ("180035121518989@patient.pli.example", "550 5.1.1"),
        ("camille@patient.pli.example", "550 5.1.3"),
        ("279035121518989@elsewhere.example", "550 5.7.1"),
        ("299035121518989@patient.pli.example", "550 5.2.1"),
    ],
)
async def test_a_recipient_who_cannot_be_is_refused_in_words(running: Running, recipient: str, expected: str) -> None:
    running.relay.people["299035121518989@patient.pli.example"] = "closed"
    peer = await Peer.secured(running, running.client)
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 ")
    await peer.asks(f"RCPT TO:<{recipient}>", expected)
    await peer.asks("DATA", "503 5.5.1")
    peer.close()


async def test_a_relay_that_is_away_means_try_again(running: Running) -> None:
    running.relay.faults["resolve"] = [Refusal("serverUnavailable")]
    running.relay.faults["before submit"] = [Refusal("serverUnavailable")]
    peer = await Peer.secured(running, running.client)
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 ")
    await peer.asks(f"RCPT TO:<{PATIENT}>", "451 4.3.0")
    await peer.asks("RSET", "250 ")
    await peer.hands_over(mail().as_bytes(), "451 4.3.0")
    await peer.hands_over(mail().as_bytes(), "250 2.0.0")
    assert len(running.relay.sealed) == 1
    peer.close()


async def test_an_unexpected_error_is_not_told_to_strangers(running: Running) -> None:
    running.relay.faults["prepare"] = [RuntimeError("secret words")]
    peer = await Peer.secured(running, running.client)
    answer = await peer.hands_over(mail().as_bytes(), "451 4.3.0")
    assert "secret" not in answer
    await peer.hands_over(mail().as_bytes(), "250 2.0.0")
    peer.close()


async def test_26_megabytes_are_refused(running: Running) -> None:
    made = mail()
    made.add_attachment(b"x" * 26_000_000, maintype="application", subtype="pdf", filename="large.pdf")
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(made.as_bytes(), "552 5.3.4")
    await peer.asks(f"MAIL FROM:<{DOCTOR}> SIZE=99000000", "552 5.3.4")
    assert running.relay.sealed == {}
    peer.close()


async def test_far_too_much_is_not_even_kept(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(b"Subject: x\r\n\r\n" + b"a" * 70 * 550_000, "552 5.3.4")
    await peer.hands_over(mail().as_bytes(), "250 2.0.0")
    peer.close()


async def test_cut_mime_is_refused_in_words(running: Running) -> None:
    made = mail()
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a.pdf")
    cut = made.as_bytes()[:-40]
    peer = await Peer.secured(running, running.client)
    answer = await peer.hands_over(cut, "554 5.6.0")
    assert "no closing boundary" in answer
    peer.close()


@pytest.mark.parametrize("bare", [b"a\nb", b"a\rb", b"a\x00b", b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r"])
async def test_bare_line_ends_in_a_message_are_refused(running: Running, bare: bytes) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail().as_bytes() + bare + b"MAIL FROM:<evil@x.example>\r\n", "554 5.6.0")
    assert running.relay.sealed == {}
    peer.close()


async def test_commands_behind_a_message_end_the_session_and_deliver_nothing(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 ")
    await peer.asks(f"RCPT TO:<{PATIENT}>", "250 ")
    await peer.asks("DATA", "354 ")
    await peer.says(mail().as_bytes() + b"\r\n.\r\nMAIL FROM:<evil@x.example>\r\n")
    await peer.hears("521 5.5.0")
    assert await peer.is_hung_up()
    assert running.relay.sealed == {}


async def test_a_command_with_a_bare_line_end_ends_the_session(running: Running) -> None:
    peer = await Peer.connect(running)
    await peer.says(b"EHLO x\n")
    await peer.hears("521 5.5.2")
    assert await peer.is_hung_up()


async def test_what_was_said_before_tls_is_forgotten(running: Running) -> None:
    peer = await Peer.connect(running)
    await peer.asks("EHLO x", "250 ")
    await peer.says(f"STARTTLS\r\nMAIL FROM:<{DOCTOR}>")
    await peer.hears("220 ")
    await peer.start_tls(running.client, running.client)
    await peer.asks(f"RCPT TO:<{PATIENT}>", "503 5.5.1")
    peer.close()


async def test_tls_begins_once(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.asks("STARTTLS", "503 5.5.1")
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 2.1.0")
    peer.close()


async def test_too_many_errors_end_the_session(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    for _ in range(19):
        await peer.asks("RCPT TO:<x>", "503 5.5.1")
    await peer.says("RCPT TO:<x>")
    await peer.hears("503 5.5.1")
    await peer.hears("421 4.7.0")
    assert await peer.is_hung_up()


async def test_a_peer_has_so_many_connections_and_no_more(running: Running) -> None:
    peers = [await Peer.connect(running) for _ in range(5)]
    sixth = Peer(*await asyncio.open_connection(running.host, running.port))
    await sixth.hears("421 4.7.0")
    assert await sixth.is_hung_up()
    for peer in peers:
        await peer.asks("QUIT", "221 ")
    again = await Peer.connect(running)
    again.close()


async def test_more_than_64_recipients_are_too_many(running: Running) -> None:
    people = [f"2790351215{n:05d}@patient.pli.example" for n in range(65)]
    running.relay.people.update(dict.fromkeys(people, "open"))
    peer = await Peer.secured(running, running.client)
    await peer.asks(f"MAIL FROM:<{DOCTOR}>", "250 ")
    for person in people[:64]:
        await peer.asks(f"RCPT TO:<{person}>", "250 ")
    await peer.asks(f"RCPT TO:<{people[64]}>", "452 4.5.3")
    peer.close()


@pytest.mark.parametrize(("header", "subject"), [("FIN", "Au revoir"), (None, "[FIN]")])
async def test_a_closing_mail_is_delivered_and_closes(running: Running, header: str | None, subject: str) -> None:
    made = mail(subject=subject)
    if header:
        made["X-MSS-MES"] = header
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(made.as_bytes(), "250 2.0.0")
    assert len(running.relay.sealed) == 1
    assert running.relay.closed == [(account(DOCTOR), account(PATIENT))]
    peer.close()


async def test_a_subject_that_only_resembles_closes_nothing(running: Running) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail(subject="[fin]").as_bytes(), "250 2.0.0")
    assert running.relay.closed == []
    peer.close()


async def test_a_refused_patient_among_others_is_reported_by_mail(running: Running) -> None:
    running.relay.people[OTHER] = "open"
    running.relay.refused[account(OTHER)] = Refusal("recipientRefuses")
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail().as_bytes(), "250 2.0.0", (PATIENT, OTHER))
    due = await running.database.run(lambda c: outbox.take_due(c, DOMAIN, 2e9, 1.0))
    assert due is not None
    report = outbox.unseal(running.keys.outbox, due)
    assert report.recipient == DOCTOR
    assert b"Final-Recipient: rfc822; " + OTHER.encode() in report.mail
    assert b"Status: 5.7.1" in report.mail
    peer.close()


async def test_a_patient_who_refuses_alone_is_a_refusal(running: Running) -> None:
    running.relay.refused[account(PATIENT)] = Refusal("recipientRefuses")
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail().as_bytes(), "550 5.7.1")
    peer.close()


async def test_no_log_holds_an_address_or_words_of_a_mail(running: Running, logs: list[EventDict]) -> None:
    peer = await Peer.secured(running, running.client)
    await peer.hands_over(mail("canari-texte", "canari-sujet").as_bytes(), "250 2.0.0")
    await peer.hands_over(mail(sender="canari@other.example").as_bytes(), "550 ")
    assert logs
    assert not any(word in str(logs) for word in ("canari", "@", "279035121518989"))
    peer.close()
