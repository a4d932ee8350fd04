"""Importing a solution: what it defines is made or altered, and noted as belonging to it; all or nothing."""

from dataclasses import dataclass

from crosstie_sandbox.dataverse.altering import alter
from crosstie_sandbox.dataverse.altering.bodies import custom_name, new_table
from crosstie_sandbox.dataverse.altering.identity import (
    column_id,
    key_id,
    option_set_id,
    relationship_id,
    table_id,
)
from crosstie_sandbox.dataverse.altering.relations import many_to_many
from crosstie_sandbox.dataverse.definitions import Document
from crosstie_sandbox.dataverse.security.privileges import privilege_id
from crosstie_sandbox.dataverse.security.roles import grant, revoke
from crosstie_sandbox.dataverse.solutions.components import Component, add_component, components
from crosstie_sandbox.dataverse.solutions.package import Package, Root
from crosstie_sandbox.dataverse.solutions.parts import Parts, Relation, Role, TablePart, parts_of
from crosstie_sandbox.dataverse.solutions.refusals import bad_xml, missing, older, other_mode
from crosstie_sandbox.dataverse.solutions.removing import remove_components
from crosstie_sandbox.dataverse.writing import Writer


def import_solution(writer: Writer, package: Package, *, upgrade: bool = False) -> str:
    """Import a package and say the id of its solution; an upgrade removes what the version before had besides."""
    parts = parts_of(package)
    _check_roots(package, parts)
    solution, before = _solution(writer, package)
    _Import(writer, package, parts, solution).run()
    if upgrade:
        kept = _defined(writer, parts)
        remove_components(writer, solution, [one for one in before if one not in kept])
    return solution


def missing_dependencies(writer: Writer, package: Package) -> list[str]:
    """What a package needs and does not bring along."""
    parts = parts_of(package)
    there = {*writer.tables, *(part.name.lower() for part in parts.tables)}
    relationships = [table for one in parts.relations for table in (one.referenced, one.referencing)]
    unknown = [f"Entity {table}" for table in relationships if table not in there]
    sets = {*writer.database.schema.option_sets, *parts.option_sets}
    unknown += [
        f"Option Set {spec['option_set']}"
        for part in parts.tables
        for spec in part.columns.values()
        if spec.get("option_set") and spec["option_set"] not in sets
    ]
    return sorted(set(unknown))


@dataclass(frozen=True, slots=True)
class _Import:
    writer: Writer
    package: Package
    parts: Parts
    solution: str

    def run(self) -> None:
        needed = missing_dependencies(self.writer, self.package)
        if needed:
            raise missing(", ".join(needed))
        for name, document in self.parts.option_sets.items():
            alter.set_option_set(self.writer.database, name, document)
            self._note(Component.OPTION_SET, option_set_id(name))
        for part in self.parts.tables:
            self._table(part)
        for part in self.parts.tables:
            self._columns(part)
        for relation in self.parts.relations:
            self._relation(relation)
        for part in self.parts.tables:
            self._keys(part)
        for role in self.parts.roles:
            self._role(role)
        for row in self.parts.web_resources:
            self._web_resource(row)

    def _note(self, kind: Component, identity: str) -> None:
        root = next((root for root in self.package.roots if root.identity == identity), None)
        add_component(self.writer, self.solution, kind, identity, 0 if root is None else root.behavior)

    def _table(self, part: TablePart) -> None:
        existing = self.writer.tables.get(part.name.lower())
        behavior = _behavior(self.package.roots, part.name)
        if existing is None:
            alter.add_table(self.writer.database, _document(part))
        else:
            texts = {"label": part.label, "collection_label": part.collection_label, "description": part.description}
            changes = {name: text for name, text in texts.items() if text}
            if existing.custom and changes:
                alter.change_table(self.writer.database, existing, **changes)
        table = self.writer.tables[part.name.lower()]
        add_component(self.writer, self.solution, Component.TABLE, table_id(table), behavior)

    def _columns(self, part: TablePart) -> None:
        for name, document in part.columns.items():
            table = self.writer.tables[part.name.lower()]
            if name not in table.by_name:
                custom_name(document["schema"])
                alter.add_column(self.writer.database, table, name, document)
            elif table.by_name[name].custom:
                alter.change_column(self.writer.database, table, name, **document)
            if name != table.primary_name:
                self._note(Component.COLUMN, column_id(table, name))

    def _relation(self, relation: Relation) -> None:
        database = self.writer.database
        existing = database.schema.relationships.get(relation.name)
        if existing is None and relation.intersect:
            ends = {"first": {"table": relation.referenced}, "second": {"table": relation.referencing}}
            existing = many_to_many(database, name=relation.name, intersect=relation.intersect, ends=ends)
        elif existing is None:
            name = relation.column.lower()
            defined = next((part for part in self.parts.tables if part.name.lower() == relation.referencing), None)
            document = defined.lookups.get(name) if defined is not None else None
            if document is None:
                raise missing(f"Attribute {relation.referencing}.{relation.column}")
            schema_name = custom_name(document["schema"])
            spec: Document = {
                **document,
                "targets": {schema_name: relation.referenced},
                "relationships": {schema_name: relation.name},
                "on_delete": relation.on_delete,
            }
            alter.add_lookup(database, self.writer.tables[relation.referencing], name, spec)
            existing = database.schema.relationships[relation.name]
        self._note(Component.RELATIONSHIP, relationship_id(existing))

    def _keys(self, part: TablePart) -> None:
        for schema_name, label, columns in part.keys:
            table = self.writer.tables[part.name.lower()]
            key = next((key for key in table.keys if key.schema_name == schema_name), None)
            if key is None:
                key = alter.add_key(self.writer.database, table, schema_name, label, columns)
            self._note(Component.KEY, key_id(table, key))

    def _role(self, role: Role) -> None:
        writer, table = self.writer, self.writer.tables["role"]
        if writer.exists(table, role.identity):
            writer.update(table, role.identity, {"name": role.name})
        else:
            query = "SELECT businessunitid FROM main.businessunit WHERE parentbusinessunitid IS NULL"
            unit = writer.database.execute(query).fetchone()[0]
            row = {"roleid": role.identity, "name": role.name, "businessunitid": unit, "ismanaged": _flag(self.package)}
            writer.create(table, row)
        known = {str(name).lower() for (name,) in writer.database.execute("SELECT name FROM main.privilege")}
        query = "SELECT privilegeid FROM main.roleprivileges WHERE roleid = ?"
        for (privilege,) in writer.database.execute(query, (role.identity,)).fetchall():
            revoke(writer, role.identity, str(privilege))
        for name, depth in role.privileges.items():
            if name.lower() not in known:
                raise missing(f"Privilege {name} of the role '{role.name}'")
            grant(writer, role.identity, privilege_id(name), depth)
        self._note(Component.ROLE, role.identity)

    def _web_resource(self, row: Document) -> None:
        writer, table = self.writer, self.writer.tables["webresource"]
        query = "SELECT webresourceid FROM main.webresource WHERE name = ?"
        found = writer.database.execute(query, (row["name"],)).fetchone()
        if found is not None:
            identity = str(found[0])
            writer.update(table, identity, {name: value for name, value in row.items() if name != "webresourceid"})
        else:
            identity = writer.create(table, {**row, "ismanaged": _flag(self.package)})
        self._note(Component.WEB_RESOURCE, identity)


def _solution(writer: Writer, package: Package) -> tuple[str, list[tuple[Component, str]]]:
    """The row of the solution, new or brought up to date, and the components it had."""
    database, now = writer.database, writer.database.now()
    query = "SELECT solutionid, version, ismanaged FROM main.solution WHERE uniquename = ?"
    found = database.execute(query, (package.name,)).fetchone()
    row: Document = {
        "friendlyname": package.label,
        "description": package.description or None,
        "version": package.version_text,
        "updatedon": now,
    }
    if found is None:
        row |= {"uniquename": package.name, "ismanaged": _flag(package), "installedon": now}
        return writer.create(writer.tables["solution"], {**row, "publisherid": _publisher(writer, package)}), []
    if bool(found[2]) is not package.managed:
        raise other_mode(package.name, managed=package.managed)
    installed = tuple(int(part) for part in str(found[1]).split("."))
    if installed > package.version:
        raise older(package.name, str(found[1]), package.version_text)
    writer.update(writer.tables["solution"], str(found[0]), row)
    return str(found[0]), components(database, str(found[0]))


def _publisher(writer: Writer, package: Package) -> str:
    publisher = package.publisher
    query = "SELECT publisherid FROM main.publisher WHERE uniquename = ?"
    found = writer.database.execute(query, (publisher.name,)).fetchone()
    if found is not None:
        return str(found[0])
    row: Document = {
        "uniquename": publisher.name,
        "friendlyname": publisher.label,
        "customizationprefix": publisher.prefix,
        "customizationoptionvalueprefix": publisher.option_prefix,
    }
    return writer.create(writer.tables["publisher"], row)


def _defined(writer: Writer, parts: Parts) -> set[tuple[Component, str]]:
    """The components that a package defines."""
    schema, found = writer.database.schema, set[tuple[Component, str]]()
    found |= {(Component.OPTION_SET, option_set_id(name)) for name in parts.option_sets}
    found |= {(Component.ROLE, role.identity) for role in parts.roles}
    for relation in parts.relations:
        found.add((Component.RELATIONSHIP, relationship_id(schema.relationships[relation.name])))
    for part in parts.tables:
        table = schema.tables[part.name.lower()]
        found.add((Component.TABLE, table_id(table)))
        found |= {(Component.COLUMN, column_id(table, name)) for name in part.columns}
        names = {name.lower() for name, _, _ in part.keys}
        found |= {(Component.KEY, key_id(table, key)) for key in table.keys if key.name in names}
    query = "SELECT webresourceid FROM main.webresource WHERE name = ?"
    for row in parts.web_resources:
        identity = writer.database.execute(query, (row["name"],)).fetchone()[0]
        found.add((Component.WEB_RESOURCE, str(identity)))
    return found


def _document(part: TablePart) -> Document:
    name = custom_name(part.name)
    if not part.primary_name:
        raise bad_xml("customizations.xml", f"The entity '{name}' has no attribute with the DisplayMask PrimaryName")
    others: Document = {"entity_set": part.entity_set.lower()} if part.entity_set else {}
    others |= {"label": part.label or name, "description": part.description}
    if part.collection_label:
        others["collection_label"] = part.collection_label
    primary = {part.primary_name: part.columns[part.primary_name]}
    return new_table(name, columns=primary, primary_name=part.primary_name, ownership=part.ownership, **others)


def _check_roots(package: Package, parts: Parts) -> None:
    """Each root component must be among the customizations."""
    tables = {part.name.lower() for part in parts.tables}
    roles = {role.identity for role in parts.roles}
    for root in package.roots:
        if root.type == Component.TABLE and root.name.lower() not in tables:
            raise missing(f"RootComponent Entity {root.name} is not in customizations.xml")
        if root.type == Component.ROLE and root.identity not in roles:
            raise missing(f"RootComponent Role {root.identity} is not in customizations.xml")


def _behavior(roots: tuple[Root, ...], name: str) -> int:
    wanted = name.lower()
    found = (root.behavior for root in roots if root.type == Component.TABLE and root.name.lower() == wanted)
    return next(found, 0)


def _flag(package: Package) -> int:
    return int(package.managed)
