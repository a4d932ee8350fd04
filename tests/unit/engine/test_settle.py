"""What became of an intent whose answer was lost."""

from dataclasses import replace

import pytest
from tests.unit.engine.builders import CRM_TABLE, ERP_TABLE

from crosstie.engine.settle import settle
from crosstie.model.intent import Intent, IntentState
from crosstie.model.record import Record
from crosstie.model.words import JobId, MappingName, RecordId, Side, Version

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
    source={},
)


def row(version: str, **values: str) -> Record:
    """The CRM row as it is now."""
    return Record(id=RecordId("c"), version=Version(version), values=values)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (row("v1", name="Old", telephone="1"), IntentState.NOT_LANDED),
        (row("v2", name="New", telephone="2"), IntentState.LANDED),
        (row("v3", name="New", telephone="edited"), IntentState.LANDED),
        (row("v3", name="edited", telephone="2"), IntentState.LANDED),
        (row("v2", name="Old", telephone="1"), IntentState.AMBIGUOUS),
        (row("v3", name="edited", telephone="edited"), IntentState.AMBIGUOUS),
        (None, IntentState.NOT_LANDED),
    ],
)
def test_a_modification_is_settled_by_version_and_values(now: Record | None, state: IntentState) -> None:
    """The sent value there: landed; nothing moved: not landed; moved without a trace: nobody can tell."""
    assert settle(MODIFY, now, CRM_TABLE) is state


def test_a_value_that_was_there_before_proves_nothing() -> None:
    """A column whose sent value equals its before-image is no evidence."""
    intent = replace(MODIFY, values={"name": "Old", "telephone": "2"})

    assert settle(intent, row("v2", name="Old", telephone="1"), CRM_TABLE) is IntentState.AMBIGUOUS


def test_a_normalized_value_is_recognized() -> None:
    """The ERP upper-cases a code; the write landed all the same."""
    intent = replace(MODIFY, destination=Side.ERP, values={"country": "ch"}, before={"country": "DE"})
    now = Record(id=RecordId("e"), version=Version("v2"), values={"country": "CH"})

    assert settle(intent, now, ERP_TABLE) is IntentState.LANDED


@pytest.mark.parametrize(
    ("now", "state"), [(row("v9", name="edited"), IntentState.LANDED), (None, IntentState.NOT_LANDED)]
)
def test_an_insert_landed_if_its_key_exists(now: Record | None, state: IntentState) -> None:
    """The key is ours alone, so whatever the row holds now, we made it."""
    assert settle(replace(MODIFY, is_insert=True, version=None), now, CRM_TABLE) is state


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
    assert settle(replace(MODIFY, is_delete=True, values={}), now, CRM_TABLE) is state
