"""A conflict says who edited each side and when, as far as the systems tell, whatever we wrote since."""

import sqlite3
from contextlib import closing
from datetime import datetime

from tests.world import World

from crosstie.model.record import LastEdit
from crosstie.model.words import MappingName, Side

CUSTOMER = MappingName("CUSTOMER")


def edits(world: World) -> dict[str, dict[Side, LastEdit]]:
    """By unit and side."""
    with world.product() as env:
        return {one.conflict.unit: dict(one.edits) for one in env.store.outcomes.conflicts(CUSTOMER)}


def was_jana(world: World) -> None:
    """The last edit of every account was Jana's: the sandbox knows one caller only."""
    with closing(sqlite3.connect(world.folder / "crm.sqlite")) as database, database:
        database.create_collation("ODATA_FOLD", lambda one, other: (one > other) - (one < other))
        database.execute(
            "UPDATE account SET modifiedby = (SELECT systemuserid FROM systemuser WHERE fullname = 'Jana Roth')"
        )


async def test_a_conflict_tells_who_and_when_and_keeps_it_when_we_write(world: World) -> None:
    """Our own write to another field, later, moves the stamp and is nobody's edit; a user's later edit is shown."""
    await world.erp.create("customers", displayName="Adatum", phoneNumber="1")
    await world.full_synch()
    customer, account = await world.erp.one("customers"), await world.crm.one("accounts")
    world.clock.move(minutes=10)
    await world.crm.edit(f"accounts({account['accountid']})", name="Adatum CRM")
    was_jana(world)
    world.clock.move(minutes=10)
    await world.erp.edit(f"customers({customer['id']})", displayName="Adatum ERP")
    stamps = {
        Side.ERP: datetime.fromisoformat((await world.erp.one("customers"))["lastModifiedDateTime"]),
        Side.CRM: datetime.fromisoformat((await world.crm.one("accounts"))["modifiedon"]),
    }
    await world.synch("CUSTOMER")
    first = edits(world)["displayName=name"]
    world.clock.move(minutes=10)
    await world.erp.edit(f"customers({customer['id']})", phoneNumber="2")
    await world.synch("CUSTOMER")

    second = edits(world)["displayName=name"]

    assert {side: (edit.at, edit.by) for side, edit in first.items()} == {
        Side.ERP: (stamps[Side.ERP], None),
        Side.CRM: (stamps[Side.CRM], "Jana Roth"),
    }
    assert (await world.crm.one("accounts"))["telephone1"] == "2"
    assert second[Side.CRM] == first[Side.CRM]
    assert second[Side.ERP].at == datetime.fromisoformat((await world.erp.one("customers"))["lastModifiedDateTime"])
