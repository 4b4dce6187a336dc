"""Where mail goes by MX: only to hosts of the internet, only by name, in bounded time. A route says otherwise."""

import asyncio

import pytest
from twisted.names import error

from bridges.mssante import routes
from bridges.mssante.routes import NoRoute, Routes

DOMAIN = "hopital.mssante.example"
PUBLIC = "8.8.4.4"


def asked(records: object, hosts: dict[str, list[str]], named: dict[str, str] | None = None) -> Routes:
    async def exchanges(_: str) -> list[tuple[int, str]]:
        if isinstance(records, Exception):
            raise records
        assert isinstance(records, list)
        return records

    async def addresses(host: str) -> list[str]:
        if host not in hosts:
            raise OSError("no such host")
        return hosts[host]

    return Routes(named or {}, exchanges, addresses)


async def test_the_preferred_host_comes_first_at_the_addresses_that_were_looked_at() -> None:
    hosts = {"a.example": [PUBLIC, "2606:4700::1"], "b.example": [PUBLIC]}
    found = asked([(20, "b.example."), (10, "a.example.")], hosts)
    assert await found.find(DOMAIN) == [(PUBLIC, 25), ("2606:4700::1", 25), (PUBLIC, 25)]


async def test_a_domain_without_mx_is_its_own_host() -> None:
    assert await asked([], {DOMAIN: [PUBLIC]}).find(DOMAIN) == [(PUBLIC, 25)]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "192.0.2.7", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:db8::1", "not an address",
    ],
)  # fmt: skip
async def test_dns_never_leads_into_a_private_network(address: str) -> None:
    with pytest.raises(NoRoute) as none:
        await asked([(10, "a.example.")], {"a.example": [address]}).find(DOMAIN)
    assert not none.value.final


async def test_a_host_of_which_one_address_is_private_is_met_at_the_other() -> None:
    assert await asked([(10, "a.example")], {"a.example": ["10.0.0.1", PUBLIC]}).find(DOMAIN) == [(PUBLIC, 25)]


@pytest.mark.parametrize(
    "host", ["8.8.4.4", "[8.8.4.4]", "2606:4700::1", "134744072", "0x8.8.4.4", "localhost", "a..example", "-a.example",
             "a b.example", "a.example/x", "a.example\r\nDATA", "é.example", "x" * 64 + ".example",
             "a." * 140 + "example"],
)  # fmt: skip
async def test_an_exchange_that_is_no_name_is_passed_over(host: str) -> None:
    found = asked([(10, host), (20, "b.example.")], {host: [PUBLIC], "b.example": ["9.9.9.9"]})
    assert await found.find(DOMAIN) == [("9.9.9.9", 25)]


@pytest.mark.parametrize("domain", ["[10.0.0.1]", "10.0.0.1", "8.8.4.4", "localhost", "", "a_b"])
async def test_mail_to_an_address_literal_goes_nowhere(domain: str) -> None:
    with pytest.raises(NoRoute) as none:
        await asked([], {domain: [PUBLIC]}).find(domain)
    assert none.value.final


async def test_a_configured_route_may_be_private_and_asks_nobody() -> None:
    found = asked(OSError("asked"), {}, {DOMAIN: "10.0.0.1:2525"})
    assert await found.find(DOMAIN) == [("10.0.0.1", 2525)]


@pytest.mark.parametrize(
    ("records", "final"),
    [
        ([(0, ".")], True), ([(0, "")], True), (error.DNSNameError(), True), (error.DNSServerError(), False),
        (OSError(), False), (TimeoutError(), False), ([(10, "unknown.example")], False),
    ],
)  # fmt: skip
async def test_a_domain_that_takes_no_mail_is_final_and_a_sick_dns_is_not(records: object, final: bool) -> None:
    with pytest.raises(NoRoute) as none:
        await asked(records, {}).find(DOMAIN)
    assert none.value.final is final


async def test_a_look_up_that_never_ends_is_ended() -> None:
    async def never(_: str) -> list[tuple[int, str]]:
        await asyncio.Event().wait()
        return []

    with pytest.raises(NoRoute) as none:
        await Routes({}, never, seconds=0.01).find(DOMAIN)
    assert not none.value.final


async def test_a_thousand_exchanges_with_a_hundred_addresses_each_are_cut_short() -> None:
    names = [f"h{number:04}.example" for number in range(1000)]
    found = asked([(1, name) for name in names], {name: [f"9.9.9.{at}" for at in range(100)] for name in names})
    assert len(await found.find(DOMAIN)) == routes.HOSTS * routes.ADDRESSES
