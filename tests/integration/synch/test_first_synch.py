"""The first full synchronization, and the quiet one after it."""

from decimal import Decimal

from tests.world import World


async def test_a_customer_arrives_with_everything_that_belongs_to_it(world: World) -> None:
    """Name, address, currency, credit limit and owner are the ERP's, in the CRM's form."""
    await world.erp.create(
        "customers",
        number="10000",
        displayName="Müller & Söhne",
        addressLine1="Seestraße 1",
        city="Zürich",
        postalCode="08001",
        country="CH",
        phoneNumber="+41 44 555 01 00",
        email="info@mueller.example",
        currencyCode="EUR",
        creditLimit=1234.56,
        salespersonCode="JR",
    )

    counters = await world.full_synch()

    account = await world.crm.one("accounts")
    user = await world.crm.one("systemusers", filter="internalemailaddress eq 'jana@test.example'")
    euro = await world.crm.one("transactioncurrencies", filter="isocurrencycode eq 'EUR'")
    assert counters["CUSTOMER"].inserted == 1
    assert {name: account[name] for name in ("accountnumber", "name", "address1_line1", "address1_city")} == {
        "accountnumber": "10000",
        "name": "Müller & Söhne",
        "address1_line1": "Seestraße 1",
        "address1_city": "Zürich",
    }
    assert (account["address1_postalcode"], account["customertypecode"]) == ("08001", 3)
    assert account["_transactioncurrencyid_value"] == euro["transactioncurrencyid"]
    assert account["_ownerid_value"] == user["systemuserid"]
    assert Decimal(str(account["creditlimit"])) == Decimal("1234.56")


async def test_a_currency_arrives_with_its_rate(world: World) -> None:
    """How many euros a franc buys, from the ERP's latest rate."""
    await world.full_synch()

    euro = await world.crm.one("transactioncurrencies", filter="isocurrencycode eq 'EUR'")
    assert (euro["currencyname"], euro["currencysymbol"]) == ("Euro", "€")
    assert round(Decimal(str(euro["exchangerate"])), 6) == round(1 / Decimal("0.95"), 6)


async def test_synchronizing_again_at_once_writes_nothing(world: World) -> None:
    """Our own writes are recognized as echoes, on both sides."""
    for number in range(30):
        await world.erp.create("customers", displayName=f"Customer {number}", currencyCode="EUR" if number % 2 else "")
    await world.full_synch()
    before = await world.writes()

    again = await world.synch()
    full = await world.full_synch()

    assert await world.writes() == before
    assert (again["CUSTOMER"].modified, full["CUSTOMER"].inserted) == (0, 0)


async def test_a_contact_follows_its_customer(world: World) -> None:
    """Customer and contact, both new, converge in one run, and the contact belongs to the account."""
    customer = await world.erp.create("customers", displayName="Adatum")
    company = await world.erp.one("contacts", filter="displayName eq 'Adatum'")
    await world.erp.create(
        "contacts",
        type="Person",
        companyNumber=company["number"],
        displayName="Ana María Díaz",
        email="ana@adatum.example",
    )

    counters = await world.full_synch()

    contact, account = await world.crm.one("contacts"), await world.crm.one("accounts")
    assert customer["displayName"] == account["name"]
    assert (contact["firstname"], contact["middlename"], contact["lastname"]) == ("Ana", "María", "Díaz")
    assert contact["_parentcustomerid_value"] == account["accountid"]
    assert (counters["CONTACT"].inserted, counters["CONTACT"].waiting) == (1, 0)


async def test_a_new_account_becomes_a_customer_with_a_number_of_our_range(world: World) -> None:
    """What is created in the CRM is created in the ERP, and its number goes back to the CRM in the same run."""
    await world.crm.create("accounts", name="Fabrikam", customertypecode=3, telephone1="5")

    counters = await world.full_synch()

    customer, account = await world.erp.one("customers"), await world.crm.one("accounts")
    assert (customer["number"], customer["displayName"], customer["phoneNumber"]) == ("CRM000001", "Fabrikam", "5")
    assert account["accountnumber"] == "CRM000001"
    assert counters["CUSTOMER"].inserted == 1
    before = await world.writes()
    await world.synch()
    assert await world.writes() == before


async def test_a_new_contact_of_the_crm_belongs_to_the_right_company(world: World) -> None:
    """The CRM's parent account becomes the ERP contact's company."""
    await world.erp.create("customers", displayName="Adatum")
    await world.full_synch()
    account = await world.crm.one("accounts")
    parent = {"parentcustomerid_account@odata.bind": f"/accounts({account['accountid']})"}
    await world.crm.create("contacts", firstname="Ola", lastname="Nordmann", **parent)

    await world.full_synch()

    person = await world.erp.one("contacts", filter="type eq 'Person'")
    assert (person["displayName"], person["companyName"]) == ("Ola Nordmann", "Adatum")


async def test_a_contact_of_a_blocked_customer_waits_and_follows_when_it_is_unblocked(world: World) -> None:
    """Nothing is forgotten: the contact is taken up by itself once its customer is coupled."""
    customer = await world.erp.create("customers", displayName="Adatum", blocked="All")
    company = await world.erp.one("contacts", filter="displayName eq 'Adatum'")
    await world.erp.create("contacts", type="Person", companyNumber=company["number"], displayName="Ana Díaz")
    first = await world.full_synch()
    await world.erp.edit(f"customers({customer['id']})", blocked="_x0020_")

    second = await world.full_synch()

    assert (first.get("CUSTOMER"), first["CONTACT"].waiting) == (None, 1)
    assert (second["CUSTOMER"].inserted, second["CONTACT"].inserted) == (1, 1)


async def test_a_contact_without_a_name_is_listed_with_its_reason(world: World) -> None:
    """It is skipped, not failed, and says what to do."""
    await world.erp.create("customers", displayName="Adatum")
    company = await world.erp.one("contacts")
    await world.erp.create("contacts", type="Person", companyNumber=company["number"], phoneNumber="5")

    counters = await world.full_synch()

    with world.product() as env:
        (outcome,) = env.store.outcomes.unsettled()
    assert (counters["CONTACT"].skipped, await world.crm.rows("contacts")) == (1, [])
    assert (outcome.reason.code, outcome.next_step) == (
        "name_missing",
        "Give it a name in the ERP; it is taken up by itself then.",
    )
