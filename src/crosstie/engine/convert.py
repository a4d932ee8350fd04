"""One field's values carried from one side to the other.

``copy`` keeps the value in the destination's canonical form, after the field's transformation rules; a reference is
translated through couplings; any other conversion is a pure function that a rule module offers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from crosstie.engine.canonical import canonical, is_truncated
from crosstie.engine.transform import transformed
from crosstie.engine.transform_step import LeftAloneError, NotTakenError
from crosstie.model.action import Need
from crosstie.model.mapping import FieldMapping, Reference
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.schema import TableSchema
from crosstie.model.value import Value, Values
from crosstie.model.words import MappingName, RecordId, Side


@dataclass(frozen=True, slots=True)
class Converted:
    """The values that the destination's columns shall hold."""

    values: tuple[Value, ...]
    truncated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Keep:
    """The destination keeps what it holds."""

    note: str = ""
    """What people should know of it; blank where it is the usual thing."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The reference cannot be translated yet."""

    need: Need


@dataclass(frozen=True, slots=True)
class Invalid:
    """The value cannot be carried over."""

    reason: Reason


Conversion: TypeAlias = Callable[[tuple[Value, ...], Side, Values], Converted | Keep | Invalid]
"""Takes the source's values, the destination side and the connection's facts."""
Carried: TypeAlias = Converted | Keep | Waits | Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class References:
    """Couplings that the records at hand refer to, and the facts of the connection."""

    crm_ids: Mapping[tuple[MappingName, str, Value], RecordId] = field(default_factory=dict)
    """(mapping, ``id`` or ``number``, ERP value) → CRM id."""
    erp_keys: Mapping[tuple[MappingName, str, Value], Value] = field(default_factory=dict)
    """(mapping, ``id`` or ``number``, CRM id) → ERP id or number."""
    facts: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two tables of a mapping as their systems describe them."""

    erp: TableSchema
    crm: TableSchema

    def on(self, side: Side) -> TableSchema:
        """The table of ``side``."""
        return self.erp if side is Side.ERP else self.crm


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What carrying a value rests on: both tables, the couplings at hand, and the conversions by name."""

    pair: Pair
    conversions: Mapping[str, Conversion] = field(default_factory=dict)
    references: References = field(default_factory=References)

    def read(self, field_: FieldMapping, side: Side, values: Values) -> tuple[Value, ...]:
        """A record's values of one field mapping, canonical."""
        columns = self.pair.on(side).columns
        return tuple(canonical(values.get(name), columns[name]) for name in field_.columns(side))

    def carry(self, field_: FieldMapping, values: tuple[Value, ...], to: Side) -> Carried:
        """What ``values`` of the source become at ``to``."""
        if field_.constant is not None:
            return Converted((field_.constant,))
        if field_.is_not_null and all(value is None for value in values):
            return Keep()
        if field_.reference is not None:
            return _translate(field_, field_.reference, values[0], to, self.references)
        if field_.conversion != "copy":
            carried = self.conversions[field_.conversion](values, to, self.references.facts)
            return self._fit(field_, carried.values, to) if isinstance(carried, Converted) else carried
        return self._transform(field_, values, to) if field_.rules else self._fit(field_, values, to)

    def _transform(self, field_: FieldMapping, values: tuple[Value, ...], to: Side) -> Carried:
        column = self.pair.on(to).columns[field_.columns(to)[0]]
        try:
            value = transformed(field_, values[0], to, column)
        except NotTakenError as error:
            return Invalid(Reason(ReasonCode.VALUE_REFUSED, {"why": f"{field_.name}: {error.why}"}))
        except LeftAloneError as error:
            return Keep(f"{field_.name}: {error.note}" if error.note else "")
        return self._fit(field_, (value,), to)

    def _fit(self, field_: FieldMapping, values: tuple[Value, ...], to: Side) -> Converted:
        columns = [self.pair.on(to).columns[name] for name in field_.columns(to)]
        pairs = tuple(zip(values, columns, strict=True))
        cut = tuple(column.name for value, column in pairs if is_truncated(value, column))
        return Converted(tuple(canonical(value, column) for value, column in pairs), cut)


def _translate(field_: FieldMapping, reference: Reference, value: Value, to: Side, references: References) -> Carried:
    blank = references.facts.get(reference.blank_means) if reference.blank_means else None
    if to is Side.CRM:
        if value is None:
            return Converted((blank,))
        found: Value = references.crm_ids.get((reference.mapping, reference.key, value))
    else:
        if value is None or value == blank:
            return Converted((None,))
        found = references.erp_keys.get((reference.mapping, reference.key, value))
    if found is not None:
        return Converted((found,))
    if field_.clears_on_failed_synch:
        return Converted((None,))
    key = reference.key if to is Side.CRM else "id"
    return Waits(
        Need(
            mapping=reference.mapping,
            side=to.other,
            key=key,
            value=str(value),
            field=field_.name,
            is_required=reference.is_required,
        )
    )
