"""The tables and mappings of the simulation: two mappings on one CRM table, a third that depends on one of them."""

from collections.abc import Mapping

from crosstie.engine.canonical import canonical
from crosstie.model.mapping import Condition, FieldMapping, Operator, Reference, TableMapping
from crosstie.model.schema import Column, Kind, TableSchema
from crosstie.model.words import Direction, MappingName, Side

BOTH = Direction.BIDIRECTIONAL
USER_FIELDS = ("name", "phone", "street", "city", "country")
CUSTOMER, VENDOR, CONTACT = (MappingName(name) for name in ("CUSTOMER", "VENDOR", "CONTACT"))
KINDS = {CUSTOMER: 3, VENDOR: 11}
"""Which accounts belong to a mapping; contacts have a table of their own."""
TABLE = {
    CUSTOMER: {Side.ERP: "customers", Side.CRM: "account"},
    VENDOR: {Side.ERP: "vendors", Side.CRM: "account"},
    CONTACT: {Side.ERP: "contacts", Side.CRM: "contact"},
}


def _schema(side: Side, table: str) -> TableSchema:
    is_erp = side is Side.ERP
    columns = (
        Column(name="origin", kind=Kind.TEXT, length=20),
        Column(name="number", kind=Kind.CODE, length=20),
        Column(name="name", kind=Kind.TEXT, length=2 if is_erp else 100),
        Column(name="phone", kind=Kind.TEXT, length=30),
        Column(name="street", kind=Kind.TEXT, length=3 if is_erp else 100),
        Column(name="city", kind=Kind.TEXT, length=30),
        Column(name="country", kind=Kind.CODE if is_erp else Kind.TEXT, length=10),
        Column(name="blocked", kind=Kind.OPTION),
        Column(name="kind", kind=Kind.OPTION),
        Column(name="parent", kind=Kind.LOOKUP),
    )
    return TableSchema(table=table, columns={one.name: one for one in columns}, key="number", label="name")


SCHEMAS = {
    side: {tables[side]: _schema(side, tables[side]) for tables in TABLE.values()}
    | ({"transactioncurrency": _schema(side, "transactioncurrency")})
    for side in Side
}


def _both(name: str, group: str | None = None) -> FieldMapping:
    return FieldMapping(erp=(name,), crm=(name,), direction=BOTH, group=group)


def _mapping(name: MappingName, *fields: FieldMapping, kind: int | None, **more: object) -> TableMapping:
    own = (
        _both("origin"),
        FieldMapping(erp=("number",), crm=("number",), direction=Direction.TO_INTEGRATION_TABLE),
        _both("name"),
        _both("phone"),
        _both("street", "address"),
        _both("city", "address"),
        _both("country"),
        *fields,
    )
    if kind is not None:
        own += (FieldMapping(erp=(), crm=("kind",), direction=Direction.TO_INTEGRATION_TABLE, constant=kind),)
    return TableMapping(
        name=name,
        title=name,
        erp_table=TABLE[name][Side.ERP],
        crm_table=TABLE[name][Side.CRM],
        direction=BOTH,
        fields=own,
        only_coupled=False,
        erp_filter=(Condition("blocked", Operator.EQUALS, None),),
        crm_filter=() if kind is None else (Condition("kind", Operator.EQUALS, kind),),
        create_number=f"{name[:3]}{{:04d}}",
        **more,  # type: ignore[arg-type]
    )


PARENT = FieldMapping(
    erp=("parent",), crm=("parent",), direction=BOTH, reference=Reference(mapping=CUSTOMER, is_required=True)
)
MAPPINGS = {
    CUSTOMER: _mapping(CUSTOMER, kind=3),
    VENDOR: _mapping(VENDOR, kind=11),
    CONTACT: _mapping(CONTACT, PARENT, kind=None, depends_on=(CUSTOMER,)),
}


UNITS: dict[str, tuple[str, ...]] = {
    "name=name": ("name",),
    "phone=phone": ("phone",),
    "address": ("street", "city"),
    "country=country": ("country",),
}
"""The units of merging by name, with their columns."""


def agree(column: str, one: object, other: object) -> bool:
    """Whether two sides hold the same value of a column, each in its own form."""
    erp = SCHEMAS[Side.ERP]["customers"].columns[column]
    return canonical(one, erp) == canonical(other, erp)  # type: ignore[arg-type]


def kind_of(mapping: MappingName) -> int | None:
    """The kind of a mapping's CRM rows."""
    return KINDS.get(mapping)


def mapping_of(table: str, values: Mapping[str, object]) -> MappingName | None:
    """The mapping that a row belongs to; an account that was merged into another belongs to none."""
    if table == "account":
        return next((name for name, kind in KINDS.items() if kind == values["kind"]), None)
    return next(name for name, tables in TABLE.items() if table in tables.values())


def takes_part(mapping: MappingName, side: Side, values: Mapping[str, object]) -> bool:
    """Whether a row meets the filter of its side."""
    return values["blocked"] is None if side is Side.ERP else values["kind"] == kind_of(mapping)
