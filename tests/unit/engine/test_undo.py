"""Undo of one write: a unit is taken back whole, or not at all."""

from typing import Any

import pytest

from crosstie.engine.undo import Verdict, undo_units
from crosstie.model.intent import Intent
from crosstie.model.value import Values
from crosstie.model.words import JobId, MappingName, RecordId, Side, Version

from .builders import CITY, ERP_TABLE, NAME, STREET, mapping

OF = mapping(NAME, STREET, CITY)


def wrote(before: Values, *names: str, **values: Any) -> Intent:
    """A write to the ERP of the fields named."""
    return Intent(
        id="intent-1",
        mapping=MappingName("CUSTOMER"),
        job=JobId("job-1"),
        destination=Side.ERP,
        is_insert=False,
        erp_id=RecordId("erp-1"),
        crm_id=RecordId("crm-1"),
        generation=0,
        number=None,
        values=values,
        before=before,
        version=Version("e1"),
        source_version=Version("c1"),
        source_number=None,
        source=dict.fromkeys(names, ("carried",)),
    )


@pytest.mark.parametrize(
    ("held", "verdict"),
    [
        ("New", Verdict.RESTORE),
        ("Old", Verdict.BACK),
        ("Other", Verdict.LEAVE),
        (None, Verdict.LEAVE),
    ],
)
def test_a_field_is_restored_only_while_it_holds_what_was_written(held: str | None, verdict: Verdict) -> None:
    """What it held before is back already; anything else is somebody's."""
    (unit,) = undo_units(OF, ERP_TABLE, wrote({"name": "Old"}, NAME.name, name="New"), {"name": held, "city": "Bern"})

    assert (unit.unit, unit.verdict) == (NAME.name, verdict)
    assert (unit.wrote, unit.held, unit.before) == ({"name": "New"}, {"name": held}, {"name": "Old"})


def test_a_value_that_the_destination_cut_is_still_ours() -> None:
    """Compared is what the column keeps, not what was sent."""
    intent = wrote({"street": "a", "city": "Bern"}, STREET.name, CITY.name, street="Bahnhofstrasse 12")

    (unit,) = undo_units(OF, ERP_TABLE, intent, {"street": "Bahnhofstr", "city": "Bern"})

    assert unit.verdict is Verdict.RESTORE


def test_a_group_with_a_column_that_was_edited_since_is_left_whole() -> None:
    """The city was not even sent, but it belongs to the address that was."""
    intent = wrote({"street": "a", "city": "Bern"}, STREET.name, CITY.name, street="b")

    (unit,) = undo_units(OF, ERP_TABLE, intent, {"street": "b", "city": "Chur"})

    assert (unit.unit, unit.verdict) == ("address", Verdict.LEAVE)
    assert unit.before == {"street": "a", "city": "Bern"}


def test_a_clearing_is_restored() -> None:
    """Blank is a value."""
    (unit,) = undo_units(OF, ERP_TABLE, wrote({"name": "Old"}, NAME.name, name=None), {"name": None})

    assert unit.verdict is Verdict.RESTORE
