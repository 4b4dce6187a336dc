"""Mail out over hours: operators that say later, that cut the line, that are gone; a mail that breaks its carrier."""

import asyncio
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bridges.mssante import outbox
from bridges.mssante.carrier import Carrier
from bridges.mssante.outbox import Outbound
from bridges.mssante.sender import Patience
from bridges.mssante.whitelist_keeper import WhitelistKeeper
from tests.bridges.authority import Issued, signed_list, written
from tests.bridges.conftest import OPERATOR
from tests.bridges.fakes import DOMAIN, PATIENT
from tests.bridges.test_outgoing import HOUR, KEYS, Desk, Operator, answer, desk, port_of  # noqa: F401 - fixtures

MINUTE = 60.0
TEN = [f"d{number}.example" for number in range(9)]


async def _queue(desk: Desk, domain: str, item: str, mail: bytes) -> None:  # noqa: F811
    outbound = Outbound(PATIENT, f"x@{domain}", mail, item, "t" * 22, "author", "", notice=True)
    sealed = outbox.seal(KEYS.outbox, "a", item, outbound)
    await desk.database.run(lambda c: outbox.put(c, "a", item, domain, sealed, desk.clock[0], 24 * HOUR))


async def test_six_hours_of_450_for_one_of_ten_domains(
    desk: Desk, port_of: Any, operator: Issued, signer: Issued, tmp_path: Path, whitelist: WhitelistKeeper  # noqa: F811
) -> None:  # fmt: skip
    listed = [(domain, written(OPERATOR)) for domain in (DOMAIN, *TEN)]
    (tmp_path / "list.xml").write_bytes(signed_list(signer, listed))
    await whitelist.check()
    others, begun = Operator(), desk.clock[0]
    port = await port_of(others, operator)
    desk.sender._way.routes._routes |= dict.fromkeys(TEN, ("127.0.0.1", port))
    desk.sender._way = replace(desk.sender._way, domains=10)
    desk.operator.answers = ["450 4.2.0 later"]
    letters = [answer(text=f"n° {number}") for number in range(3)]
    for letter in letters:
        desk.arrives(letter)
    await desk.collect()
    tried: list[float] = []
    for minute in range(6 * 60):
        if minute % 30 == 0:
            for domain in TEN:
                await _queue(desk, domain, f"{domain}-{minute}", f"Subject: {minute}\r\n\r\n{domain}\r\n".encode())
        before = len(desk.operator.seen)
        await desk.send()
        tried += [desk.clock[0]] * (len(desk.operator.seen) - before)
        if minute % 30 == 0:  # nobody waits behind the domain that does not take
            assert len(others.seen) == (minute // 30 + 1) * len(TEN)
        desk.clock[0] += MINUTE
    assert await desk.waiting() == len(letters)
    desk.operator.answers = ["250 2.0.0 OK"]
    refused = len(desk.operator.seen)
    while await desk.waiting():
        desk.clock[0] += 10 * MINUTE
        await desk.send()
    taken = desk.operator.seen[refused:]
    assert sorted(taken) == sorted(set(desk.operator.seen)), "each once, with the bytes of every attempt"
    assert set(Counter(others.seen).values()) == {1}
    # The gaps grow and stay under the longest; the notice of the delay is one a letter, and after four hours.
    attempts = sorted(set(tried))
    gaps = [later - earlier for earlier, later in pairwise(attempts)]
    assert gaps == sorted(gaps)
    assert gaps[0] > 4 * MINUTE
    assert max(gaps) <= 71 * MINUTE
    told = [letter.in_reply_to for letter in desk.relay.letters()]
    assert sorted(told, key=str) == sorted((letter.message for letter in letters), key=str)
    assert desk.clock[0] >= begun + 4 * HOUR


def test_gaps_differ_by_a_fifth_so_that_mails_do_not_come_back_all_at_once() -> None:
    gaps = {Patience(300.0, 4200.0, HOUR).gap(1) for _ in range(200)}
    assert len(gaps) > 150
    assert min(gaps) >= 270.0
    assert max(gaps) <= 330.0


class _CutsBefore(Operator):
    """Takes the command DATA, and ends the line before the mail's final dot was read."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.answers[0] == "cut":
            self.answers.pop(0)
            server.transport.abort()
            return "250 2.1.5 OK"
        return await super().handle_RCPT(server, session, envelope, address, options)


async def test_a_line_cut_before_the_final_dot_means_the_same_mail_again(
    desk: Desk, port_of: Any, operator: Issued  # noqa: F811
) -> None:  # fmt: skip
    cutting = _CutsBefore()
    cutting.answers = ["cut", "250 2.0.0 OK"]
    desk.sender._way.routes._routes[DOMAIN] = ("127.0.0.1", await port_of(cutting, operator))
    desk.arrives(answer())
    await desk.collect()
    await desk.send()
    assert (await desk.waiting(), cutting.seen) == (1, [])
    desk.clock[0] += HOUR
    await desk.send()
    assert (await desk.waiting(), len(cutting.seen)) == (0, 1)


async def test_a_host_that_is_down_is_asked_once_a_round_and_not_once_a_mail(desk: Desk) -> None:  # noqa: F811
    asked: list[str] = []

    class Refusing(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            asked.append("x")
            transport.close()

    server = await asyncio.get_running_loop().create_server(Refusing, "127.0.0.1", 0)
    desk.sender._way.routes._routes[DOMAIN] = ("127.0.0.1", server.sockets[0].getsockname()[1])
    for number in range(30):
        await _queue(desk, DOMAIN, f"i{number}", b"x\r\n")
    await desk.send()
    server.close()
    assert len(asked) == 1
    assert await desk.waiting() == 30
    due = await desk.database.run(lambda c: outbox.domains_due(c, desk.clock[0]))
    assert due == []


async def test_a_mail_that_breaks_its_carrier_is_quarantined_after_three_times_and_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    whole = Carrier.carry

    async def carry(self: Carrier, outbound: Outbound) -> None:
        if b"poison" in outbound.mail:
            raise RecursionError
        await whole(self, outbound)

    monkeypatch.setattr(Carrier, "carry", carry)
    bad, good = answer(text="poison"), answer(text="well")
    desk.arrives(bad)
    desk.arrives(good)
    await desk.collect()
    await desk.send()
    assert len(desk.operator.seen) == 1
    for _ in range(5):
        desk.clock[0] += HOUR
        await desk.send()
    assert await desk.waiting() == 0
    (notice,) = desk.relay.letters()
    assert (notice.in_reply_to, notice.thread) == (bad.message, bad.thread)
    assert "could not be sent on" in notice.text
