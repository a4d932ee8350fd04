"""A query in SQL: joins with the conditions of each entity, order, groups; values are bound, never written."""

from collections.abc import Sequence
from dataclasses import dataclass

from crosstie_sandbox.dataverse.conditions import Joins, where
from crosstie_sandbox.dataverse.errors import bad_request, invalid_argument
from crosstie_sandbox.dataverse.fetchxml.model import Condition, Fetch, Filter, Link, Order
from crosstie_sandbox.dataverse.fetchxml.outputs import Shown, outputs
from crosstie_sandbox.dataverse.fetchxml.places import Place, Places
from crosstie_sandbox.dataverse.paging import SortColumn
from crosstie_sandbox.dataverse.queries.operators import Asker, Operation, apply, compared
from crosstie_sandbox.dataverse.schema import Schema
from crosstie_sandbox.odata.sql import Column, Fragment, Kind, balanced

_EVERYTHING: Fragment = ("1", [])


@dataclass(frozen=True, slots=True)
class Statement:
    """The parts of a SELECT: `source` with the values of its conditions, then `where` with its own."""

    places: Places
    shown: Sequence[Shown]
    source: Fragment
    where: Fragment
    sorts: Sequence[SortColumn]
    groups: str
    on_root: bool

    def order(self, *, unique: bool) -> str:
        """The ORDER BY, which the primary key makes total."""
        terms = [sort.sql for sort in (self.sorts if unique else self.sorts[:-1])]
        return f" ORDER BY {', '.join(terms)}" if terms else ""


def statement(fetch: Fetch, schema: Schema, asker: Asker) -> Statement:
    """The query in SQL; raises ServiceError for names that do not exist and operators that do not fit."""
    places = Places(fetch.entity, schema)
    writer = _Writer(places, asker)
    shown = outputs(fetch, places)
    source = writer.source(places.root)
    parts = [writer.filters(places.root), *writer.existing(places.root)]
    if fetch.condition is not None:
        joins = Joins(places.root.table, schema, asker)
        parts.append(where(fetch.condition, joins))
        source = (source[0] + joins.added, source[1])
    demanded = _joined(parts, every=True)
    orders = [(place, order) for place in places.visible() for order in place.entity.orders]
    sorts = [_sort(place, order, shown, places) for place, order in orders]
    root = places.root
    key = SortColumn(root.table.primary_key, root.in_sql(root.column(root.table.primary_key)), descending=False)
    return Statement(
        places=places,
        shown=shown,
        source=source,
        where=demanded,
        sorts=[*sorts, key],
        groups=", ".join(one.sql for one in shown if one.grouped),
        on_root=not any(place.linked or order.entity or order.alias for place, order in orders),
    )


def _sort(place: Place, order: Order, shown: Sequence[Shown], places: Places) -> SortColumn:
    if order.alias:
        found = next((one for one in shown if one.alias == order.alias), None)
        if found is None:
            raise bad_request(f"The order refers to the alias '{order.alias}', which no attribute has.")
        return SortColumn(order.alias, Column(found.comparable, Kind.INTEGER), order.descending)
    if order.entity:
        place = places.named(order.entity)
    return SortColumn(order.column, place.in_sql(place.column(order.column)), order.descending)


@dataclass(frozen=True, slots=True)
class _Writer:
    places: Places
    asker: Asker

    def source(self, place: Place) -> Fragment:
        """The table of an entity with those that are linked to it."""
        text, values = f'"{place.table.logical_name}" AS {place.mark}', list[object]()
        for link in place.entity.links:
            if link.kind == "exists":
                continue
            target = self.places.of(link)
            inner, inner_values = self.source(target)
            condition, condition_values = self._joining(place, link, target)
            nested = f"({inner})" if any(one.kind != "exists" for one in link.entity.links) else inner
            text += f" {'LEFT ' if link.kind == 'outer' else ''}JOIN {nested} ON {condition}"
            values += [*inner_values, *condition_values]
        return text, values

    def existing(self, place: Place) -> list[Fragment]:
        """The conditions that rows of other tables exist, or do not."""
        found: list[Fragment] = []
        for link in place.entity.links:
            if link.kind != "exists":
                continue
            target = self.places.of(link)
            inner, values = self.source(target)
            condition, condition_values = self._joining(place, link, target)
            text = f"{'NOT ' if link.negated else ''}EXISTS (SELECT 1 FROM {inner} WHERE {condition})"
            found.append((text, [*values, *condition_values]))
        return found

    def _joining(self, place: Place, link: Link, target: Place) -> Fragment:
        here = place.in_sql(place.column(link.here))
        there = target.in_sql(target.column(link.there))
        equal: Fragment = (f"{there.comparable} = {here.comparable}", [])
        return _joined([equal, self.filters(target), *self.existing(target)], every=True)

    def filters(self, place: Place) -> Fragment:
        """What the filters of an entity demand."""
        return _joined([self._filter(one, place) for one in place.entity.filters], every=True)

    def _filter(self, one: Filter, place: Place) -> Fragment:
        if isinstance(one, Condition):
            return self._condition(one, place)
        text, values = _joined([self._filter(part, place) for part in one.parts], every=one.every)
        return (f"NOT ({text})" if one.negated else text), values

    def _condition(self, condition: Condition, place: Place) -> Fragment:
        if condition.entity:
            place = self.places.named(condition.entity)
        subject = place.in_sql(place.column(condition.column))
        if condition.other is None:
            return apply(Operation(condition.operator, subject, condition.values, self.asker))
        entity, name = condition.other
        other_place = self.places.named(entity) if entity else place
        other = other_place.in_sql(other_place.column(name))
        sign = compared(condition.operator)
        if sign is None or (other.kind is not subject.kind):
            raise invalid_argument(f"'{condition.column}' cannot be compared with '{name}' by '{condition.operator}'.")
        return f"{subject.comparable} {sign} {other.comparable}", []


def _joined(parts: Sequence[Fragment], *, every: bool) -> Fragment:
    """Conditions of which all must hold, or one; none at all hold always."""
    kept = [part for part in parts if part != _EVERYTHING]
    if not kept:
        return _EVERYTHING
    return balanced(kept, "AND" if every else "OR")
