"""The entities of a query as they stand in SQL, found by their aliases."""

from collections.abc import Iterator
from dataclasses import dataclass

from crosstie_sandbox.dataverse.errors import ServiceError, bad_request
from crosstie_sandbox.dataverse.fetchxml.model import Entity, Link
from crosstie_sandbox.dataverse.schema import Column, Schema, Table
from crosstie_sandbox.odata import sql


@dataclass(frozen=True, slots=True)
class Place:
    """An entity of the query: its table and its aliases, `name` in the query and `mark` in SQL."""

    entity: Entity
    table: Table
    name: str
    mark: str
    linked: bool
    hidden: bool

    def column(self, name: str) -> Column:
        """A column by its logical name."""
        column = self.table.by_name.get(name)
        if column is None or not column.wire:
            raise no_attribute(self.table.logical_name, name)
        return column

    def in_sql(self, column: Column) -> sql.Column:
        """A column as SQL names it."""
        return sql.Column(f'{self.mark}."{column.name}"', column.kind)


class Places:
    """All entities of a query; a link without an alias is named after its table and its number."""

    def __init__(self, root: Entity, schema: Schema) -> None:
        self._schema = schema
        self._by_name: dict[str, Place] = {}
        self._by_link: dict[int, Place] = {}
        self.root = self._add(root, hidden=False)

    def of(self, link: Link) -> Place:
        """Where a link leads."""
        return self._by_link[id(link)]

    def named(self, name: str) -> Place:
        """An entity by its alias, or by its table if only one has that name."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        matching = [place for place in self._by_name.values() if place.table.logical_name == name]
        if len(matching) != 1:
            raise bad_request(f"There is no entity with the alias '{name}' in the query.")
        return matching[0]

    def visible(self) -> Iterator[Place]:
        """The entities whose columns can be shown."""
        return (place for place in self._by_name.values() if not place.hidden)

    def all(self) -> Iterator[Place]:
        """All entities."""
        return iter(self._by_name.values())

    def _add(self, entity: Entity, *, hidden: bool, linked: bool = False) -> Place:
        table = self._schema.tables.get(entity.table)
        if table is None:
            raise no_entity(entity.table)
        number = len(self._by_name)
        name = (entity.alias or f"{entity.table}{number}") if linked else entity.alias
        if name in self._by_name:
            raise bad_request(f"The alias '{name}' is used twice in the query.")
        place = Place(entity, table, name, f"t{number}", linked=linked, hidden=hidden)
        self._by_name[name] = place
        for link in entity.links:
            self._by_link[id(link)] = self._add(link.entity, hidden=hidden or link.kind == "exists", linked=True)
        return place


def no_entity(name: str) -> ServiceError:
    """A query for a table that does not exist."""
    text = f"The entity with a name = '{name}' with namemapping = 'Logical' was not found in the MetadataCache."
    return ServiceError(400, "0x80041102", text)


def no_attribute(table: str, name: str) -> ServiceError:
    """A query for a column that does not exist."""
    text = f"'{table}' entity doesn't contain attribute with Name = '{name}' and NameMapping = 'Logical'."
    return ServiceError(400, "0x80041103", text)
