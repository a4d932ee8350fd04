"""A query as FetchXML can express it: frozen values, names not yet checked."""

from collections.abc import Iterator
from dataclasses import dataclass

from crosstie_sandbox.odata.expression import Expression


@dataclass(frozen=True, slots=True)
class Condition:
    """An operator applied to a column of an entity, with values or with another column.

    `entity` is the alias of the entity, empty for the one that the condition stands in.
    """

    entity: str
    column: str
    operator: str
    values: tuple[object, ...] = ()
    other: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that must all hold, or one of them; `negated` turns the outcome around, the unknown apart."""

    every: bool
    parts: tuple["Filter", ...]
    negated: bool = False


Filter = Condition | Group


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the answer. `aggregate` is one of count, countcolumn, sum, avg, min, max, empty for none.

    The number of rows (count) needs no column.
    """

    column: str
    alias: str = ""
    aggregate: str = ""
    grouped: bool = False
    dates_by: str = ""
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """A column of an entity, or the alias of an output, to sort by."""

    column: str
    alias: str = ""
    descending: bool = False
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Entity:
    """A table with what is wanted of it and of the entities linked to it."""

    table: str
    alias: str = ""
    outputs: tuple[Output, ...] = ()
    everything: bool = False
    filters: tuple[Filter, ...] = ()
    orders: tuple[Order, ...] = ()
    links: tuple["Link", ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A join: rows of `entity` whose column `there` equals the column `here` of the entity it stands in.

    `kind` is inner, outer, or exists (no more than that there is such a row); `negated` wants that there is none.
    """

    entity: Entity
    here: str
    there: str
    kind: str = "inner"
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Fetch:
    """A whole query. `size` is the number of rows of a page, `cookie` what the page before ended with.

    `condition` is one of OData, on the root; it holds besides the filters.
    """

    entity: Entity
    top: int | None = None
    size: int | None = None
    page: int = 1
    skip: int = 0
    cookie: str = ""
    distinct: bool = False
    aggregate: bool = False
    total: bool = False
    condition: Expression | None = None


def entities(entity: Entity) -> Iterator[Entity]:
    """An entity and all that are linked to it, outermost first."""
    yield entity
    for link in entity.links:
        yield from entities(link.entity)
