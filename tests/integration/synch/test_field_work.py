"""Field work by configuration alone, against both servers: rules, options, columns and tables of one's own."""

from pathlib import Path

import pytest
from tests.world import World, make_world

from crosstie.app.mappings import installed_mappings
from crosstie.model.errors import SetupError
from crosstie.model.words import MappingName
from crosstie.rules.conversions import CONVERSIONS

CUSTOMER = MappingName("CUSTOMER")
HEAD = """
name = "CUSTOMER"
title = "Customers"
erp_table = "customers"
crm_table = "account"
direction = "bidirectional"
create_number = "CRM{:06d}"

[[field]]
erp = "displayName"
crm = "name"
"""


def install(world: World, folder: Path, *texts: str) -> None:
    """The world's product with these mapping files in its home folder, and only their mappings."""
    (folder / "mappings").mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / "mappings" / f"{number}.toml").write_text(text, "utf-8")
    installed = installed_mappings(folder, CONVERSIONS)
    own = {line.split('"')[1] for text in texts for line in text.splitlines() if line.startswith("name = ")}
    world.mappings = {name: one for name, one in installed.mappings.items() if name in own}
    world.tables = installed.tables


async def is_quiet(world: World) -> bool:
    """Whether two more runs write nothing."""
    before = await world.writes()
    await world.synch()
    await world.full_synch()
    return await world.writes() == before


RULES = """
[[field]]
erp = "country"
crm = "address1_country"
rules = [{ rule = "country_name" }]

[[field]]
erp = "city"
crm = "address1_city"
rules = [{ rule = "trim", direction = "to" }, { rule = "upper", direction = "to" }]

[[field]]
erp = "phoneNumber"
crm = "telephone1"
direction = "to"
rules = [{ rule = "regex", find = "[^0-9+]", with = "" }]

[[field]]
erp = "creditLimit"
crm = "description"
direction = "to"
rules = [{ rule = "decimal_format", decimals = 2, decimal_separator = "," }]

[[field]]
erp = "website"
crm = "websiteurl"
status = "disabled"
"""


async def test_rules_go_both_ways_and_the_second_run_writes_nothing(world: World, tmp_path: Path) -> None:
    """Values arrive transformed, an edit comes back undone, what a rule loses never bounces."""
    install(world, tmp_path, HEAD + RULES)
    values = {"country": "CH", "city": "Bern", "phoneNumber": "+41 44 1", "creditLimit": 1234.5}
    customer = await world.erp.create("customers", displayName="Adatum", website="adatum.example", **values)

    await world.full_synch()

    account = await world.crm.one("accounts")
    assert (account["address1_country"], account["address1_city"]) == ("Switzerland", "BERN")
    assert (account["telephone1"], account["description"]) == ("+41441", "1234,50")
    assert account["websiteurl"] is None
    assert await is_quiet(world)

    await world.crm.edit(f"accounts({account['accountid']})", address1_country="Finland", address1_city="Helsinki")
    await world.synch()
    customer = await world.erp.one("customers")
    assert (customer["country"], customer["city"]) == ("FI", "Helsinki")
    assert await is_quiet(world)


async def test_a_value_that_a_rule_cannot_take_fails_its_record_alone(world: World, tmp_path: Path) -> None:
    """The reason names rule and value; nothing of the record is written; the others go."""
    install(world, tmp_path, HEAD + RULES)
    await world.erp.create("customers", displayName="Adatum", country="CH")
    account = {"name": "Fabrikam", "customertypecode": 3, "address1_country": "Elsewhere"}
    await world.crm.create("accounts", **account)

    counters = await world.full_synch()

    with world.product() as env:
        (outcome,) = env.store.outcomes.unsettled()
    assert str(outcome.reason) == (
        "A value cannot be carried over: country=address1_country: the rule 'country_name' cannot take 'Elsewhere',"
        " which is not in its list."
    )
    assert (counters["CUSTOMER"].inserted, counters["CUSTOMER"].failed) == (1, 1)
    assert [one["displayName"] for one in await world.erp.rows("customers")] == ["Adatum"]


OPTIONS = """
[[field]]
erp = "taxRegistrationNumber"
crm = "paymenttermscode"
options = { N30 = 1, N60 = 4 }
"""


async def test_options_are_translated_and_unknown_ones_left_alone(world: World, tmp_path: Path) -> None:
    """A code becomes an option and back; a code without one leaves the CRM as it is, and the outcome says so."""
    install(world, tmp_path, HEAD + OPTIONS)
    customer = await world.erp.create("customers", displayName="Adatum", taxRegistrationNumber="N30")
    await world.full_synch()
    account = await world.crm.one("accounts")
    assert account["paymenttermscode"] == 1

    await world.erp.edit(f"customers({customer['id']})", taxRegistrationNumber="CASH", displayName="Adatum AG")
    await world.synch()

    account = await world.crm.one("accounts")
    assert (account["name"], account["paymenttermscode"]) == ("Adatum AG", 1)
    with world.product() as env:
        outcome = env.store.outcomes.of_record(CUSTOMER, "erp", customer["id"])
    assert outcome is not None
    assert outcome.detail == "Left alone: taxRegistrationNumber=paymenttermscode: 'CASH' has no option."
    assert await is_quiet(world)

    await world.crm.edit(f"accounts({account['accountid']})", paymenttermscode=4)
    await world.synch()
    assert (await world.erp.one("customers"))["taxRegistrationNumber"] == "N60"
    assert await is_quiet(world)


CONTACTS = """
name = "PERSON"
title = "Persons"
erp_table = "contacts"
crm_table = "contact"
direction = "bidirectional"
create_number = "CRM{:06d}"

[erp_filter]
type = "Person"

[crm_columns]
governmentid = { kind = "text", length = 50 }
preferredsystemuserid = { kind = "lookup", target = "systemuser" }

[[field]]
erp = "displayName"
crm = "lastname"

[[field]]
erp = "jobTitle"
crm = "jobtitle"

[[field]]
erp = "taxRegistrationNumber"
crm = "governmentid"

[[field]]
erp = "type"
direction = "from"
constant = "Person"
"""


async def test_columns_that_the_product_does_not_know_are_mapped_by_a_file(world: World, tmp_path: Path) -> None:
    """Declared columns are read, written, compared; nothing bounces."""
    install(world, tmp_path, CONTACTS)
    person = {"type": "Person", "displayName": "Ana Díaz", "jobTitle": "Buyer", "taxRegistrationNumber": "756"}
    created = await world.erp.create("contacts", **person)

    await world.full_synch()

    contact = await world.crm.one("contacts")
    assert (contact["lastname"], contact["jobtitle"], contact["governmentid"]) == ("Ana Díaz", "Buyer", "756")
    assert await is_quiet(world)
    await world.crm.edit(f"contacts({contact['contactid']})", jobtitle="Head buyer")
    await world.synch()
    assert (await world.erp.one("contacts"))["jobTitle"] == "Head buyer"
    await world.erp.edit(f"contacts({created['id']})", taxRegistrationNumber="757")
    await world.synch()
    assert (await world.crm.one("contacts"))["governmentid"] == "757"
    assert await is_quiet(world)


TEAMS = """
name = "TEAM"
title = "Teams"
erp_table = "currencies"
crm_table = "team"
direction = "to"
crm_entity_set = "teams"
crm_primary_key = "teamid"
crm_key = "name"
crm_label = "name"

[crm_columns]
name = { kind = "text", length = 160 }
description = { kind = "text", length = 2000 }
administratorid = { kind = "lookup", target = "systemuser" }
isdefault = { kind = "boolean", is_writable = false }

[crm_filter]
isdefault = false

[[field]]
erp = "displayName"
crm = "name"

[[field]]
erp = "symbol"
crm = "description"
"""


async def test_a_table_that_the_product_does_not_know_is_synchronized_by_a_file(world: World, tmp_path: Path) -> None:
    """Change feed, reads, inserts and updates of a declared table."""
    install(world, tmp_path, TEAMS)
    currency = await world.erp.one("currencies")

    await world.full_synch()

    team = await world.crm.one("teams", filter="name eq 'Euro'")
    assert team["description"] == "€"
    assert await is_quiet(world)
    await world.erp.edit(f"currencies({currency['id']})", displayName="Common currency")
    await world.synch()
    assert [one["name"] for one in await world.crm.rows("teams", filter="description eq '€'")] == ["Common currency"]
    assert await is_quiet(world)


OWN_COMPANY = """
name = "OWN"
title = "Our own company"
erp_table = "companyInformation"
crm_table = "account"
direction = "bidirectional"
erp_key = "displayName"
erp_label = "displayName"

[erp_columns]
displayName = { kind = "text", length = 100 }
currentFiscalYearStartDate = { kind = "date" }

[crm_columns]
lastonholdtime = { kind = "time" }

[[field]]
erp = "displayName"
crm = "name"

[[field]]
erp = "currentFiscalYearStartDate"
crm = "lastonholdtime"
direction = "to"
time_zone = "Europe/Zurich"
"""


async def test_a_date_of_a_page_of_ones_own_is_a_moment_in_the_crm(tmp_path: Path) -> None:
    """A page that the product does not know; its date is the moment at which the day starts here."""
    company = {"displayName": "Test AG", "country": "CH", "currentFiscalYearStartDate": "2026-07-01"}
    world = await make_world(tmp_path, {"companyInformation": [company]})
    install(world, tmp_path, OWN_COMPANY)

    await world.full_synch()

    account = await world.crm.one("accounts")
    assert (account["name"], account["lastonholdtime"]) == ("Test AG", "2026-06-30T22:00:00Z")
    assert await is_quiet(world)
    await world.crm.edit(f"accounts({account['accountid']})", name="Test Holding AG")
    await world.synch()
    assert (await world.erp.one("companyInformation"))["displayName"] == "Test Holding AG"
    assert await is_quiet(world)
    await world.erp.close()
    await world.crm.close()


CLEARING = """
[[field]]
erp = "salespersonCode"
crm = "preferredsystemuserid"
direction = "to"
clear_on_failed_sync = true
reference = { mapping = "SALESPEOPLE", key = "number", required = true }

[crm_columns]
preferredsystemuserid = { kind = "lookup", target = "systemuser" }
"""


async def test_an_uncoupled_reference_clears_rather_than_waits(world: World, tmp_path: Path) -> None:
    """The account goes without the user, who is not coupled, and stays so without a word."""
    install(world, tmp_path, HEAD + CLEARING)
    await world.erp.create("customers", displayName="Adatum", salespersonCode="JR")

    counters = await world.full_synch()

    assert (counters["CUSTOMER"].inserted, counters["CUSTOMER"].waiting) == (1, 0)
    assert (await world.crm.one("accounts"))["_preferredsystemuserid_value"] is None
    assert await is_quiet(world)


async def test_a_file_with_a_mistake_changes_nothing(world: World, tmp_path: Path) -> None:
    """The mapping is refused whole, before anything is asked or written."""
    before = await world.writes()

    with pytest.raises(SetupError, match=r"0\.toml: erp_columns, city: 'kind' must be one of"):
        install(world, tmp_path, HEAD + '[erp_columns]\ncity = { kind = "town" }\n')

    assert await world.writes() == before


async def test_a_value_that_cannot_be_carried_is_told_though_others_of_its_record_go(
    world: World, tmp_path: Path
) -> None:
    """The telephone number goes, the country is reported, and arrives once the mapping can take it."""
    install(world, tmp_path, HEAD + RULES)
    await world.erp.create("customers", displayName="Adatum", country="CH")
    await world.full_synch()
    account = await world.crm.one("accounts")
    await world.crm.edit(f"accounts({account['accountid']})", name="Adatum AG", address1_country="Elsewhere")

    counters = await world.synch()

    customer = await world.erp.one("customers")
    with world.product() as env:
        (outcome,) = env.store.outcomes.unsettled()
    assert (customer["displayName"], customer["country"], counters["CUSTOMER"].failed) == ("Adatum AG", "CH", 1)
    assert "cannot take 'Elsewhere'" in str(outcome.reason)
    install(world, tmp_path, HEAD + '[[field]]\nerp = "city"\ncrm = "address1_country"\n')
    world.clock.move(minutes=30)
    await world.synch()
    assert (await world.erp.one("customers"))["city"] == "Elsewhere"
