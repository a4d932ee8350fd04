"""What became of an intent whose answer was lost."""

from dataclasses import replace

import pytest
from tests.unit.engine.builders import CITY, CRM_TABLE, ERP_TABLE, NAME, PHONE, STREET, field, mapping

from crosstie.engine.settle import settle
from crosstie.model.intent import Intent, IntentState
from crosstie.model.mapping import FieldMapping
from crosstie.model.record import Record
from crosstie.model.schema import TableSchema
from crosstie.model.words import JobId, MappingName, RecordId, Side, Version

COUNTRY = field("country", "land")
MODIFY = Intent(
    id="i1",
    mapping=MappingName("CUSTOMER"),
    job=JobId("j"),
    destination=Side.CRM,
    is_insert=False,
    erp_id=RecordId("e"),
    crm_id=RecordId("c"),
    generation=0,
    number=None,
    values={"name": "New", "telephone": "2"},
    before={"name": "Old", "telephone": "1"},
    version=Version("v1"),
    source_version=Version("s"),
    source_number="10000",
    source={NAME.name: ("New",), PHONE.name: ("2",)},
)
MAPPING = mapping(NAME, PHONE, STREET, CITY, COUNTRY)


def row(version: str, **values: str) -> Record:
    """The CRM row as it is now."""
    return Record(id=RecordId("c"), version=Version(version), values=values)


def state_of(intent: Intent, now: Record | None, table: TableSchema = CRM_TABLE) -> IntentState:
    """What became of the intent as a whole."""
    return settle(intent, now, table, MAPPING, is_under_way=True).state


@pytest.mark.parametrize(
    ("now", "state", "held"),
    [
        (row("v1", name="Old", telephone="1"), IntentState.NOT_SEEN, ()),
        (row("v2", name="New", telephone="2"), IntentState.LANDED, (NAME, PHONE)),
        (row("v3", name="New", telephone="edited"), IntentState.LANDED, (NAME,)),
        (row("v3", name="edited", telephone="2"), IntentState.LANDED, (PHONE,)),
        (row("v3", name="New", telephone="1"), IntentState.LANDED, (NAME,)),
        (row("v2", name="Old", telephone="1"), IntentState.AMBIGUOUS, ()),
        (row("v3", name="edited", telephone="edited"), IntentState.AMBIGUOUS, ()),
        (None, IntentState.NOT_LANDED, ()),
    ],
)
def test_a_modification_is_settled_unit_by_unit(
    now: Record | None, state: IntentState, held: tuple[FieldMapping, ...]
) -> None:
    """What holds the sent value is settled, and proves nothing of the rest; where nothing moved, nothing landed."""
    settled = settle(MODIFY, now, CRM_TABLE, MAPPING, is_under_way=True)

    assert (settled.state, settled.held) == (state, {one.name for one in held})


def test_what_is_not_there_after_the_longest_operation_did_not_land() -> None:
    """Before, its request may still be under way."""
    settled = settle(MODIFY, row("v1", name="Old", telephone="1"), CRM_TABLE, MAPPING, is_under_way=False)

    assert settled.state is IntentState.NOT_LANDED


def test_half_an_address_proves_nothing() -> None:
    """A street that a user typed by chance does not settle the city that was sent with it."""
    sent = {"line1": "Long Lane", "town": "Wellington"}
    intent = replace(
        MODIFY, values=sent, before={"line1": "Old", "town": "Bern"}, source={STREET.name: (), CITY.name: ()}
    )

    assert state_of(intent, row("v2", line1="Long Lane", town="Bern")) is IntentState.AMBIGUOUS
    assert state_of(intent, row("v2", **sent)) is IntentState.LANDED


def test_a_normalized_value_is_recognized() -> None:
    """The ERP upper-cases a code; the write landed all the same."""
    intent = replace(
        MODIFY, destination=Side.ERP, values={"country": "ch"}, before={"country": "DE"}, source={COUNTRY.name: ()}
    )
    now = Record(id=RecordId("e"), version=Version("v2"), values={"country": "CH"})

    assert state_of(intent, now, ERP_TABLE) is IntentState.LANDED


@pytest.mark.parametrize(
    ("now", "state"), [(row("v9", name="edited"), IntentState.LANDED), (None, IntentState.NOT_LANDED)]
)
def test_an_insert_landed_if_its_key_exists(now: Record | None, state: IntentState) -> None:
    """The key is ours alone, so whatever the row holds now, we made it."""
    assert state_of(replace(MODIFY, is_insert=True, version=None), now) is state


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (None, IntentState.LANDED),
        (row("v1", name="Old"), IntentState.NOT_LANDED),
        (row("v2", name="Old"), IntentState.NOT_LANDED),
        (row("v2", name="edited"), IntentState.NOT_LANDED),
    ],
)
def test_a_delete_landed_if_the_record_is_gone(now: Record | None, state: IntentState) -> None:
    """It carried the version that was read: what is still there was not deleted, and is decided again."""
    assert state_of(replace(MODIFY, is_delete=True, values={}), now) is state
