"""A mapping with both its tables as their systems describe them: what every step of a page needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crosstie.engine.canonical import canonical
from crosstie.engine.convert import Pair, Translation
from crosstie.engine.decide import Setting
from crosstie.engine.newest import ServerClock
from crosstie.engine.units import with_rules
from crosstie.model.coupling import Base
from crosstie.model.mapping import FieldMapping, TableMapping
from crosstie.model.record import Record
from crosstie.model.schema import Column, TableSchema
from crosstie.model.value import Value, Values
from crosstie.model.words import Side
from crosstie.synch.ports.environment import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The mapping, both schemas, and the facts of the connection."""

    mapping: TableMapping
    translation: Translation
    facts: Values
    clocks: Mapping[Side, ServerClock] = field(default_factory=dict)
    """The servers' clocks against ours, measured when the tables were described."""

    def on(self, side: Side) -> TableSchema:
        """The table of ``side``."""
        return self.translation.pair.on(side)

    def setting(self, *, creates: bool) -> Setting:
        """What decisions rest on, before a page adds its references."""
        return Setting(mapping=self.mapping, translation=self.translation, creates=creates, clocks=self.clocks)

    def number_of(self, record: Record) -> str | None:
        """The natural key of an ERP record."""
        value = record.values.get(self.on(Side.ERP).key)
        return None if value is None else str(value)

    def label_of(self, side: Side, record: Record | None) -> str:
        """Number and name, as people know the record."""
        if record is None:
            return ""
        table = self.on(side)
        parts = dict.fromkeys((record.values.get(table.key), record.values.get(table.label)))
        return " ".join(str(part) for part in parts if part is not None)

    def base_of(self, field: FieldMapping, erp: Values, crm: Values) -> Base:
        """The base that one field has when these two records agree."""
        read = self.translation.read
        return Base(erp=read(field, Side.ERP, erp), crm=read(field, Side.CRM, crm))

    def canonical(self, value: Value, column: Column) -> Value:
        """What ``column`` holds after ``value`` was written to it."""
        return canonical(value, column)


async def describe(env: Environment, mapping: TableMapping) -> Tables:
    """Ask both systems about the mapping's tables and the connection's facts."""
    mapping = with_rules(mapping, env.store.rules.of(mapping.name))
    erp = await env.erp.describe(mapping.erp_table)
    crm = await env.crm.describe(mapping.crm_table)
    facts: dict[str, Value] = {**await env.erp.facts(), **await env.crm.facts()}
    facts["local_currency_row"] = await _local_currency_row(env, facts)
    # Numbers and names are read with every record, so that lists and references need no further request.
    extra = replace(
        mapping,
        erp_extra=tuple(sorted({*mapping.erp_extra, *erp.naming})),
        crm_extra=tuple(sorted({*mapping.crm_extra, *crm.naming})),
    )
    translation = Translation(pair=Pair(erp=erp, crm=crm), conversions=env.conversions)
    return Tables(mapping=extra, translation=translation, facts=facts, clocks=await _clocks(env))


async def _clocks(env: Environment) -> Mapping[Side, ServerClock]:
    """The servers' clocks against ours, from their answers just now; one that does not tell is left out."""
    found: dict[Side, ServerClock] = {}
    for side in Side:
        told = await env.connector(side).server_time()
        if told is not None:
            found[side] = ServerClock(ahead=told.at - env.clock(), give_or_take=told.give_or_take)
    return found


async def _local_currency_row(env: Environment, facts: Values) -> Value:
    """The CRM currency with the code of the ERP's local currency: what a blank ERP currency means."""
    code = facts.get("local_currency")
    if code is not None and code == facts.get("base_currency"):
        return facts.get("base_currency_id")
    found = await env.crm.find("transactioncurrency", "isocurrencycode", [code], ["isocurrencycode"])
    return found[0].id if found else None
