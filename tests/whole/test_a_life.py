"""An account's whole life on a moved clock, through the real doors: the letter, six weeks, opening, years of letters,
a child and a carer, export, closing, ten years of archive, erasure, and a restore that brings nobody back.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clients.sdk import Client, Refusal, activate, new_receipt, oppose, recover
from clients.sdk.activation import new_totp_secret
from clients.sdk.exporting import MANIFEST
from crypto.code import new_code
from tests.whole.town import PASSWORD, Town, copied, founded, held_letters, restored

SIX_WEEKS, TEN_YEARS = 42, 3_653
NEW = "un autre mot de passe tranquille"


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with founded(tmp_path, monkeypatch) as made:
        yield made


async def test_who_opposes_on_the_last_day_leaves_the_fact_alone_for_good(town: Town) -> None:
    made = await town.enrols("anne")
    await town.writes(made.person.account, "Avant")
    await town.pass_days(SIX_WEEKS - 1)

    receipt = new_receipt()
    done = await oppose(town.origin, "anne", made.code, receipt)

    assert done.opposed_on == "2026-04-11"
    with pytest.raises(Refusal, match="recipientNotFound"):
        await town.writes(made.person.account, "Après")
    assert [(await town.asks_for(one)).reason for one in (made, town.made("anne"))] == ["opposed"] * 2
    await town.pass_days(TEN_YEARS)
    assert (await town.asks_for(town.made("anne"))).reason == "opposed"
    assert await oppose(town.origin, "anne", made.code, receipt) == done


async def test_after_six_weeks_it_is_too_late_and_the_account_waits_with_its_letters(town: Town) -> None:
    made = await town.enrols("anne")
    await town.writes(made.person.account, "Votre résultat")
    await town.pass_days(SIX_WEEKS + 1)

    with pytest.raises(Refusal, match="tooLate"):
        await oppose(town.origin, "anne", made.code, new_receipt())
    await town.writes(made.person.account, "Rappel")
    await town.pass_days(400)
    anne = await town.activates(made)

    assert await anne.letters() == ["Votre résultat", "Rappel"]


async def test_an_account_is_opened_once_and_from_then_on_by_password_and_second_factor(town: Town) -> None:
    made = await town.enrols("anne")
    anne = await town.activates(made)
    await town.pass_days(30)

    with pytest.raises(Refusal, match="wrongCredentials"):
        await activate(town.origin, "anne", made.code, NEW, new_totp_secret())
    with pytest.raises(Refusal, match="wrongCredentials"):
        await oppose(town.origin, "anne", made.code, new_receipt())
    with pytest.raises(Refusal, match="wrongCode"):
        await Client.with_password(town.origin, "anne", PASSWORD, lambda: "000000")
    await town.writes(anne.account, "Bonjour")
    assert await (await town.logs_in(anne)).letters() == ["Bonjour"]


async def test_keys_are_made_new_over_the_years_and_old_letters_are_read_by_them(town: Town) -> None:
    anne = await town.activates(await town.enrols("anne"))
    before = (await anne.client.person()).opened.version
    for year in range(3):
        await town.writes(anne.account, f"Année {year}")
        await town.pass_days(366)
        await town.logs_in(anne)
        await anne.letters()

    assert (await anne.client.person()).opened.version > before
    assert await anne.letters() == ["Année 0", "Année 1", "Année 2"]


async def test_whoever_closes_takes_everything_along_and_comes_back_within_ten_years(
    town: Town, tmp_path: Path
) -> None:
    anne = await town.activates(await town.enrols("anne"))
    await town.writes(anne.account, "À garder")
    key = anne.client.password_key
    assert key is not None
    mailbox = await anne.client.mailbox(anne.account, key, name="Anne", address="anne@patient.pli.example")
    exported = await anne.client.export(mailbox, tmp_path / "out")
    closed = await anne.client.close_account()

    assert (exported.letters, (exported.folder / MANIFEST).exists()) == (1, True)
    assert closed.erased_after[:4] == "2036"
    with pytest.raises(Refusal, match="recipientNotFound"):
        await town.writes(anne.account, "Pendant")
    await town.pass_days(TEN_YEARS - 2)
    with pytest.raises(Refusal, match="wrongCredentials"):
        await town.logs_in(anne)
    anne.totp, anne.password = new_totp_secret(), NEW
    anne.client = await town.enters(await recover(town.origin, "anne", anne.recovery, NEW, anne.totp, new_code()))
    await town.pass_days(30)
    await town.writes(anne.account, "De retour")
    assert await (await town.logs_in(anne)).letters() == ["À garder", "De retour"]


async def test_after_ten_years_nothing_is_left_and_the_name_is_free_under_another_number(town: Town) -> None:
    anne = await town.activates(await town.enrols("anne"))
    await town.writes(anne.account, "Ancien")
    await anne.client.close_account()
    assert (await town.asks_for(town.made("anne"))).reason == "addressTaken"  # as long as it is archived
    await town.pass_days(TEN_YEARS + 1)

    with pytest.raises(Refusal, match="wrongCredentials"):
        await recover(town.origin, "anne", anne.recovery, NEW, new_totp_secret(), new_code())
    again = await town.activates(await town.enrols("anne"))

    assert again.account != anne.account
    assert await again.letters() == []


async def test_a_restore_brings_back_nobody_who_opposed_closed_or_was_erased(town: Town, tmp_path: Path) -> None:
    opposed, erased, closed, stays = [await town.enrols(login) for login in ("olga", "emma", "chloe", "sara")]
    residents = [await town.activates(made) for made in (erased, closed, stays)]
    await copied(town, tmp_path / "copy")
    await oppose(town.origin, "olga", opposed.code, new_receipt())
    await (await town.logs_in(residents[0])).client.close_account()
    await town.pass_days(TEN_YEARS + 1)
    await (await town.logs_in(residents[1])).client.close_account()

    await restored(town, tmp_path / "copy")

    with pytest.raises(Refusal, match="wrongCredentials"):
        await activate(town.origin, "olga", opposed.code, PASSWORD, new_totp_secret())
    with pytest.raises(Refusal, match="wrongCredentials"):
        await recover(town.origin, "emma", residents[0].recovery, NEW, new_totp_secret(), new_code())
    with pytest.raises(Refusal, match="wrongCredentials"):
        await town.logs_in(residents[1])
    for made in (opposed, erased, closed):
        with pytest.raises(Refusal, match="recipientNotFound"):
            await town.writes(made.person.account, "?")
    await town.writes(stays.person.account, "Toujours là")
    assert await (await town.logs_in(residents[2])).letters() == ["Toujours là"]


async def test_a_parent_opens_a_childs_account_reads_it_and_ends_it(town: Town) -> None:
    made = await town.enrols("lea")
    await town.writes(made.person.account, "Vaccins")
    parent = await town.activates(await town.enrols("anne"))
    person, recovery = await parent.client.person(), new_code()
    await person.adopt("lea", made.code, recovery)
    await town.pass_days(200)
    await town.logs_in(parent)
    held = await (await parent.client.person()).open_held(made.person.account)
    mailbox = await parent.client.mailbox_of(held, name="Léa", address="lea@patient.pli.example")

    assert await held_letters(mailbox) == ["Vaccins"]
    with pytest.raises(Refusal, match="wrongCredentials"):
        await oppose(town.origin, "lea", made.code, new_receipt())
    with pytest.raises(Refusal, match="forbidden"):  # nobody could open the child's account then
        await parent.client.close_account()
    await parent.client.close_account(made.person.account)
    with pytest.raises(Refusal, match="recipientNotFound"):
        await town.writes(made.person.account, "Après")
    await parent.client.close_account()
    await town.pass_days(TEN_YEARS + 1)
    assert (await town.asks_for(town.made("lea"))).outcome == "created"


async def test_who_grows_up_takes_the_account_over_and_the_parent_reads_no_more(town: Town) -> None:
    made = await town.enrols("lea")
    parent = await town.activates(await town.enrols("anne"))
    recovery = new_code()
    await (await parent.client.person()).adopt("lea", made.code, recovery)
    await town.writes(made.person.account, "Enfance")
    await town.pass_days(18 * 366)
    totp, own = new_totp_secret(), new_code()
    lea = await town.enters(await recover(town.origin, "lea", recovery, NEW, totp, own))
    await (await lea.person()).end_delegation(parent.account, new_code())
    await town.writes(made.person.account, "Adulte")
    key = lea.password_key
    assert key is not None
    mailbox = await lea.mailbox(lea.account, key, name="Léa", address="lea@patient.pli.example")

    assert await held_letters(mailbox) == ["Enfance", "Adulte"]
    await town.logs_in(parent)
    with pytest.raises(Refusal):
        await (await parent.client.person()).open_held(made.person.account)
