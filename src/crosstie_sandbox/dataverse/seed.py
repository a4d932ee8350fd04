"""What every database holds from the start: one organization, its root business unit, its currency, two users."""

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.writing import Caller, Writer

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
        settle(database)


def add_application(database: Database, client_id: str) -> None:
    """Make sure that the application which may call is a user."""
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
        Writer(database, system_caller(database)).create(database.schema.tables["systemuser"], user)


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


def application_caller(database: Database, client_id: str) -> Caller:
    """The application that may call, as the user it is."""
    query = "SELECT systemuserid FROM systemuser WHERE applicationid = ?"
    return _caller(database, str(database.execute(query, (client_id,)).fetchone()[0]))


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
