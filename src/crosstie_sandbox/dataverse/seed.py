"""What every database holds from the start: one organization, its root business unit, its currency, two users."""

from collections.abc import Sequence

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.security.privileges import add_missing_privileges
from crosstie_sandbox.dataverse.security.roles import add_roles, administrator_role, assign, role_named
from crosstie_sandbox.dataverse.webhooks.messages import add_missing_messages
from crosstie_sandbox.dataverse.webhooks.queue import add_waiting_table
from crosstie_sandbox.dataverse.webhooks.registration import add_secrets_table
from crosstie_sandbox.dataverse.webhooks.steps import watch_steps
from crosstie_sandbox.dataverse.writing import Caller, Writer
from crosstie_sandbox.token import Person

APPLICATION_ADDRESS = "integration@sandbox.example"


def seed(database: Database) -> None:
    """Fill a fresh database; one that holds an organization is left alone."""
    if database.execute("SELECT 1 FROM organization").fetchone() is not None:
        return
    organization, unit, currency, system = (str(database.ids()) for _ in range(4))
    table = database.schema.tables
    with database.transaction():
        writer = Writer(database, Caller(system, unit, organization, currency))
        writer.create(
            table["transactioncurrency"],
            {
                "transactioncurrencyid": currency,
                "isocurrencycode": "EUR",
                "currencyname": "Euro",
                "currencysymbol": "€",
                "currencyprecision": 2,
                "exchangerate": "1.000000000000",
            },
        )
        writer.create(
            table["organization"], {"organizationid": organization, "name": "sandbox", "basecurrencyid": currency}
        )
        writer.create(table["businessunit"], {"businessunitid": unit, "name": "sandbox"})
        writer.create(
            table["systemuser"],
            {"systemuserid": system, "lastname": "SYSTEM", "domainname": "SYSTEM", "isdisabled": 1, "accessmode": 3},
        )
        add_roles(database, writer)
        add_events(database)
        settle(database)


def add_events(database: Database) -> None:
    """What clients register for, and where events wait, within somebody else's transaction."""
    watch_steps(database)
    add_secrets_table(database)
    add_waiting_table(database)
    add_missing_messages(database)


def keep_following(database: Database) -> None:
    """Have privileges and messages for every table, now and whenever a table is made."""

    def follow() -> None:
        add_missing_privileges(database)
        add_missing_messages(database)

    database.followers.append(follow)
    with database.transaction():
        follow()


def add_application(database: Database, client_id: str) -> None:
    """Make sure that the application which may call is a user; a new one may do everything."""
    found = database.execute("SELECT systemuserid FROM systemuser WHERE applicationid = ?", (client_id,)).fetchone()
    if found is not None:
        return
    user: dict[str, object] = {
        "applicationid": client_id,
        "firstname": "#",
        "lastname": "Integration",
        "domainname": APPLICATION_ADDRESS,
        "internalemailaddress": APPLICATION_ADDRESS,
        "isintegrationuser": 1,
        "accessmode": 4,
    }
    with database.transaction():
        writer = Writer(database, system_caller(database))
        assign(writer, administrator_role(database), writer.create(database.schema.tables["systemuser"], user))


def settle(database: Database) -> None:
    """Copy what the organization shows of its base currency."""
    database.execute(
        "UPDATE organization SET (basecurrencysymbol, basecurrencyprecision, basecurrencyisocode, currencysymbol) ="
        " (SELECT currencysymbol, currencyprecision, isocurrencycode, currencysymbol FROM transactioncurrency"
        " WHERE transactioncurrencyid = basecurrencyid)"
    )


def system_caller(database: Database) -> Caller:
    """The platform itself."""
    query = "SELECT systemuserid FROM systemuser WHERE domainname = 'SYSTEM'"
    return _caller(database, str(database.execute(query).fetchone()[0]))


def add_people(database: Database, people: Sequence[Person]) -> None:
    """Make sure that the people of the directory who can sign in are users: administrators, or sales people."""
    for person in people:
        query = "SELECT 1 FROM systemuser WHERE azureactivedirectoryobjectid = ?"
        if database.execute(query, (person.object_id,)).fetchone() is not None:
            continue
        user: dict[str, object] = {
            "azureactivedirectoryobjectid": person.object_id,
            "firstname": person.first_name,
            "lastname": person.last_name,
            "domainname": person.address,
            "internalemailaddress": person.address,
            "isdisabled": int(not person.is_enabled),
            "islicensed": 0,
            "accessmode": 0,
        }
        with database.transaction():
            writer = Writer(database, system_caller(database))
            role = administrator_role(database) if person.is_administrator else role_named(database, "Salesperson")
            assign(writer, role, writer.create(database.schema.tables["systemuser"], user))


def _caller(database: Database, user: str) -> Caller:
    organization, currency = database.execute("SELECT organizationid, basecurrencyid FROM organization").fetchone()
    query = "SELECT businessunitid FROM businessunit WHERE parentbusinessunitid IS NULL"
    unit = database.execute(query).fetchone()[0]
    return Caller(user, unit, organization, currency)


def follow_base_currency(database: Database, before: str | None, given: set[str]) -> None:
    """After the organization took another base currency: forget the one before unless it was given too."""
    base = database.execute("SELECT basecurrencyid FROM organization").fetchone()[0]
    query = "SELECT isocurrencycode FROM transactioncurrency WHERE transactioncurrencyid = ?"
    code = database.execute(query, (before,)).fetchone()
    if before != base and code is not None and code[0] not in given:
        for table in database.schema.tables.values():
            if "transactioncurrencyid" in table.by_name and table.logical_name != "transactioncurrency":
                statement = (
                    f'UPDATE "{table.logical_name}" SET transactioncurrencyid = ? WHERE transactioncurrencyid = ?'
                )
                database.execute(statement, (base, before))
        database.execute("DELETE FROM transactioncurrency WHERE transactioncurrencyid = ?", (before,))
    settle(database)
