"""Edits on either side, conflicts, deletions, failures: what users do between two synchronizations."""

from typing import Any

import pytest
from tests.world import World

from crosstie.model.words import MappingName
from crosstie.synch.retry import make_due
from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.rows import add

CUSTOMER = MappingName("CUSTOMER")


async def coupled(world: World, **values: object) -> tuple[dict[str, Any], dict[str, Any]]:
    """A customer and its account, in step."""
    customer = await world.erp.create("customers", displayName="Adatum", phoneNumber="1", city="Bern", **values)
    await world.full_synch()
    return customer, await world.crm.one("accounts")


async def test_edits_of_different_fields_on_both_sides_meet(world: World) -> None:
    """Both edits arrive at the other side; neither is lost."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum AG")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="2")

    counters = await world.synch("CUSTOMER")

    customer, account = await world.erp.one("customers"), await world.crm.one("accounts")
    assert (customer["displayName"], customer["phoneNumber"]) == ("Adatum AG", "2")
    assert (account["name"], account["telephone1"]) == ("Adatum AG", "2")
    assert (counters["CUSTOMER"].modified, counters["CUSTOMER"].conflicts) == (2, 0)


@pytest.mark.scenario("CNF-022", better="the conflict waits with both values instead of failing, and closes by itself")
async def test_the_same_field_edited_on_both_sides_is_a_conflict_and_nothing_is_written(world: World) -> None:
    """Both values wait side by side; when a person makes them equal, the conflict closes by itself."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", displayName="From the ERP")
    await world.crm.edit(f"accounts({account['accountid']})", name="From the CRM")
    before = await world.writes()

    counters = await world.synch("CUSTOMER")

    with world.product() as env:
        (conflict,) = env.store.outcomes.conflicts(CUSTOMER)
    assert (counters["CUSTOMER"].conflicts, await world.writes()) == (1, before)
    assert (conflict.conflict.erp, conflict.conflict.crm) == (("From the ERP",), ("From the CRM",))
    await world.crm.edit(f"accounts({account['accountid']})", name="From the ERP")
    await world.synch("CUSTOMER")
    with world.product() as env:
        assert (env.store.outcomes.conflicts(CUSTOMER), env.store.outcomes.unsettled(CUSTOMER)) == ([], [])


async def test_an_undo_travels_too(world: World) -> None:
    """A value set back to what it was before arrives at the other side."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    await world.synch("CUSTOMER")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="1")

    await world.synch("CUSTOMER")

    assert (await world.erp.one("customers"))["phoneNumber"] == "1"


async def test_clearing_a_field_clears_it_on_the_other_side(world: World) -> None:
    """Blank is a value: null in the CRM, an empty text in the ERP."""
    _, account = await coupled(world)
    await world.crm.edit(f"accounts({account['accountid']})", telephone1=None)

    await world.synch("CUSTOMER")

    assert (await world.erp.one("customers"))["phoneNumber"] == ""


async def test_a_code_typed_in_small_letters_does_not_bounce(world: World) -> None:
    """The ERP upper-cases the country; the CRM keeps what was typed, and nothing is sent back and forth."""
    _, account = await coupled(world)
    await world.crm.edit(f"accounts({account['accountid']})", address1_country="ch")
    await world.synch("CUSTOMER")
    before = await world.writes()

    for _ in range(3):
        await world.synch("CUSTOMER")

    assert (await world.erp.one("customers"))["country"] == "CH"
    assert (await world.crm.one("accounts"))["address1_country"] == "ch"
    assert await world.writes() == before


async def test_a_currency_changed_in_the_crm_reaches_the_erp(world: World) -> None:
    """A reference is translated back; the base currency of the CRM is a blank currency of the ERP."""
    customer, account = await coupled(world, currencyCode="EUR")
    franc = await world.crm.one("transactioncurrencies", filter="isocurrencycode eq 'CHF'")
    bind = {"transactioncurrencyid@odata.bind": f"/transactioncurrencies({franc['transactioncurrencyid']})"}
    await world.crm.edit(f"accounts({account['accountid']})", **bind)

    await world.synch("CUSTOMER")

    assert customer["currencyCode"] == "EUR"
    assert (await world.erp.one("customers"))["currencyCode"] == "CHF"


async def test_a_new_exchange_rate_reaches_the_crm(world: World) -> None:
    """A rate is no edit of the currency, and is found all the same."""
    await world.full_synch()
    euro = await world.crm.one("transactioncurrencies", filter="isocurrencycode eq 'EUR'")
    add_rate(world, "2026-05-01", "1", "0.80")

    counters = await world.synch("CURRENCY")

    changed = await world.crm.one("transactioncurrencies", filter="isocurrencycode eq 'EUR'")
    assert (counters["CURRENCY"].modified, round(changed["exchangerate"], 4)) == (1, 1.25)
    assert euro["exchangerate"] != changed["exchangerate"]


async def test_a_deleted_account_is_neither_recreated_nor_carried_over(world: World) -> None:
    """The customer stays, nothing is written, and the record asks for a decision, once."""
    _, account = await coupled(world)
    await world.crm.delete(f"accounts({account['accountid']})")
    before = await world.writes()

    first, second = await world.synch("CUSTOMER"), await world.full_synch()

    with world.product() as env:
        (outcome,) = [one for one in env.store.outcomes.unsettled() if one.mapping == "CUSTOMER"]
    assert (first["CUSTOMER"].conflicts, outcome.reason.code) == (1, "counterpart_deleted")
    assert second["CUSTOMER"].inserted == 0
    assert (await world.writes(), len(await world.erp.rows("customers"))) == (before, 1)


async def test_a_deleted_customer_is_found_by_a_full_synchronization(world: World) -> None:
    """The ERP has no deletion feed: a whole pass misses the record, and a read by key confirms it."""
    customer, _ = await coupled(world)
    await world.erp.delete(f"customers({customer['id']})")

    counters = await world.full_synch()

    assert counters["CUSTOMER"].conflicts == 1
    assert [row["name"] for row in await world.crm.rows("accounts")] == ["Adatum"]


async def test_records_that_the_erp_refuses_are_remembered_and_come_back(world: World) -> None:
    """A number series without manual numbers refuses our creates: each fails with the reason, none is forgotten."""
    for name in ("One", "Two"):
        await world.crm.create("accounts", name=name, customertypecode=3)
    world.erp.app.state.database.settings = Settings(manual_numbers=False)

    refused = await world.full_synch()
    with world.product() as env:
        outcomes = env.store.outcomes.unsettled()
    world.erp.app.state.database.settings = Settings(manual_numbers=True)
    world.clock.move(hours=1)
    accepted = await world.synch("CUSTOMER")

    assert (refused["CUSTOMER"].inserted, refused["CUSTOMER"].failed) == (0, 2)
    assert {(one.label, one.kind, one.reason.code) for one in outcomes} == {
        ("One", "fail", "refused_by_system"),
        ("Two", "fail", "refused_by_system"),
    }
    assert (accepted["CUSTOMER"].inserted, accepted["CUSTOMER"].failed) == (2, 0)
    assert {row["number"] for row in await world.erp.rows("customers")} == {"CRM000001", "CRM000002"}


async def test_one_refused_record_holds_up_no_other(world: World) -> None:
    """A number of our range that a stranger took is replaced by the next one; everything arrives."""
    await world.erp.create("customers", number="CRM000001", displayName="Stranger", blocked="All")
    for name in ("One", "Two"):
        await world.crm.create("accounts", name=name, customertypecode=3)

    counters = await world.full_synch()

    numbers = {row["displayName"]: row["number"] for row in await world.erp.rows("customers")}
    assert (counters["CUSTOMER"].inserted, counters["CUSTOMER"].failed) == (2, 0)
    assert numbers == {"Stranger": "CRM000001", "One": "CRM000003", "Two": "CRM000002"}


async def test_a_blocked_customer_is_left_alone_until_it_is_unblocked(world: World) -> None:
    """Edits made meanwhile on either side are merged when it takes part again."""
    customer, account = await coupled(world)
    await world.erp.edit(f"customers({customer['id']})", blocked="All", displayName="Adatum AG")
    await world.crm.edit(f"accounts({account['accountid']})", telephone1="2")
    await world.synch("CUSTOMER")
    held = await world.crm.one("accounts")
    await world.erp.edit(f"customers({customer['id']})", blocked="_x0020_")

    await world.synch("CUSTOMER")

    assert held["name"] == "Adatum"
    assert (await world.crm.one("accounts"))["name"] == "Adatum AG"
    assert (await world.erp.one("customers"))["phoneNumber"] == "2"


async def test_records_are_coupled_by_match_only_when_there_is_one_candidate(world: World) -> None:
    """Two users with one e-mail address: neither is taken, and each is told what is in its way."""
    await world.crm.create(
        "systemusers", firstname="Other", lastname="Roth", internalemailaddress="jana@test.example", islicensed=True
    )

    counters = await world.full_synch()

    with world.product() as env:
        codes = {one.reason.code for one in env.store.outcomes.unsettled() if one.mapping == "SALESPEOPLE"}
        assert env.store.couplings.count(MappingName("SALESPEOPLE")) == 0
    assert (counters["SALESPEOPLE"].coupled, codes) == (0, {"match_ambiguous", "match_rivals"})


async def test_a_pair_coupled_by_match_is_listed_no_more_on_either_side(world: World) -> None:
    """Once the rival has another e-mail address, the salesperson's retry settles the user's entry too."""
    rival = {"firstname": "Other", "lastname": "Roth", "internalemailaddress": "jana@test.example", "islicensed": True}
    made = await world.crm.create("systemusers", **rival)
    await world.synch("SALESPEOPLE")
    await world.crm.edit(f"systemusers({made['systemuserid']})", internalemailaddress="other@test.example")

    with world.product() as env:
        listed = len(env.store.outcomes.unsettled())
        make_due(env, None, ["JR"])
    counters = await world.synch("SALESPEOPLE")

    with world.product() as env:
        left = env.store.outcomes.unsettled()
    assert (listed, counters["SALESPEOPLE"].coupled, left) == (3, 1, [])


def add_rate(world: World, day: str, amount: str, relational: str) -> None:
    """A new rate, entered by a person; the API offers rates read-only, so the row goes into the company itself."""
    database = world.erp.app.state.database
    row = {
        "id": "00000000-0000-0000-0000-00000000beef",
        "currencyCode": "EUR",
        "startingDate": day,
        "exchangeRateAmount": amount,
        "relationalCurrencyCode": "",
        "relationalExchangeRateAmount": relational,
    }
    with database.transaction():
        add(database, pages()["currencyExchangeRates"], row)
