"""Builders for engine tests: each names only what matters to the test."""

from collections.abc import Mapping

from crosstie.engine.convert import Pair, References, Translation
from crosstie.engine.decide import Setting
from crosstie.model.coupling import Base, Coupling
from crosstie.model.mapping import Condition, FieldMapping, Operator, Reference, TableMapping
from crosstie.model.record import Record
from crosstie.model.schema import Column, Kind, TableSchema
from crosstie.model.value import Value
from crosstie.model.words import ConflictResolution, Direction, MappingName, RecordId, Version
from crosstie.rules.conversions import CONVERSIONS

BOTH, TO, FROM = Direction.BIDIRECTIONAL, Direction.TO_INTEGRATION_TABLE, Direction.FROM_INTEGRATION_TABLE

ERP_TABLE = TableSchema(
    table="customers",
    key="number",
    label="name",
    columns={
        column.name: column
        for column in (
            Column(name="number", kind=Kind.CODE, length=20),
            Column(name="name", kind=Kind.TEXT, length=100),
            Column(name="street", kind=Kind.TEXT, length=10),
            Column(name="city", kind=Kind.TEXT, length=30),
            Column(name="country", kind=Kind.CODE, length=10),
            Column(name="phone", kind=Kind.TEXT, length=30),
            Column(name="currency", kind=Kind.GUID),
            Column(name="seller", kind=Kind.CODE, length=20),
            Column(name="limit", kind=Kind.DECIMAL, scale=2),
            Column(name="blocked", kind=Kind.OPTION),
        )
    },
)
CRM_TABLE = TableSchema(
    table="account",
    key="accountnumber",
    label="name",
    columns={
        column.name: column
        for column in (
            Column(name="accountnumber", kind=Kind.TEXT, length=20),
            Column(name="name", kind=Kind.TEXT, length=160),
            Column(name="line1", kind=Kind.TEXT, length=250),
            Column(name="town", kind=Kind.TEXT, length=80),
            Column(name="land", kind=Kind.TEXT, length=80),
            Column(name="telephone", kind=Kind.TEXT, length=50),
            Column(name="money", kind=Kind.LOOKUP),
            Column(name="owner", kind=Kind.LOOKUP),
            Column(name="credit", kind=Kind.DECIMAL, scale=2),
            Column(name="state", kind=Kind.OPTION),
            Column(name="kind", kind=Kind.OPTION),
        )
    },
)


def field(erp: str, crm: str, direction: Direction = BOTH, **more: object) -> FieldMapping:
    """A field mapping of one column on each side."""
    return FieldMapping(erp=(erp,), crm=(crm,), direction=direction, **more)  # type: ignore[arg-type]


NAME = field("name", "name")
PHONE = field("phone", "telephone")
STREET = field("street", "line1", group="address")
CITY = field("city", "town", group="address")
CURRENCY = field(
    "currency",
    "money",
    reference=Reference(mapping=MappingName("CURRENCY"), is_required=True, blank_means="local_currency_row"),
)
SELLER = field(
    "seller",
    "owner",
    TO,
    is_not_null=True,
    reference=Reference(mapping=MappingName("SALESPEOPLE"), key="number", is_required=False),
)
KIND = FieldMapping(erp=(), crm=("kind",), direction=TO, constant=3)


def mapping(*fields: FieldMapping, **more: object) -> TableMapping:
    """A mapping of customers and accounts."""
    settings: dict[str, object] = {
        "name": MappingName("CUSTOMER"),
        "title": "Customers",
        "erp_table": "customers",
        "crm_table": "account",
        "direction": BOTH,
        "fields": fields or (NAME, PHONE),
        "erp_filter": (Condition("blocked", Operator.EQUALS, None),),
        "on_conflict": ConflictResolution.NONE,
    }
    return TableMapping(**(settings | more))  # type: ignore[arg-type]


def setting(of: TableMapping, references: References | None = None, *, creates: bool = True) -> Setting:
    """What a decision rests on."""
    translation = Translation(
        pair=Pair(erp=ERP_TABLE, crm=CRM_TABLE), conversions=CONVERSIONS, references=references or References()
    )
    return Setting(mapping=of, translation=translation, creates=creates)


def erp(version: str = "e1", **values: Value) -> Record:
    """An ERP record."""
    return Record(id=RecordId("erp-1"), version=Version(version), values=values)


def crm(version: str = "c1", **values: Value) -> Record:
    """A CRM row."""
    return Record(id=RecordId("crm-1"), version=Version(version), values=values)


def coupling(bases: Mapping[FieldMapping, tuple[Value, Value]]) -> Coupling:
    """A coupling whose fields last agreed on these values (ERP's, CRM's)."""
    return Coupling(
        mapping=MappingName("CUSTOMER"),
        erp_id=RecordId("erp-1"),
        crm_id=RecordId("crm-1"),
        base={one.name: Base(erp=(was[0],), crm=(was[1],)) for one, was in bases.items()},
    )
