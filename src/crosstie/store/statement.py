"""A statement as the driver takes it: compiled once for each database, its arguments and rows converted by its types.

SQLAlchemy Core writes the SQL and knows the types; going through its execution for every statement costs several times
what SQLite takes to run one, and a job is made of small statements (docs/adr/0004).
"""

import json
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

_PREFIX = "arg_"
"""Keeps the name of an argument apart from the columns that a statement sets."""
_KEPT = 512
"""Statements kept compiled; the product has about a hundred."""

Row: TypeAlias = Any
"""A named tuple; its fields are the columns that the statement selects."""
Cursor: TypeAlias = Any
"""The driver's own: what sqlite3 and psycopg have in common is the standard for all Python drivers."""
Arguments: TypeAlias = Any
"""A list or a dictionary, whichever the driver takes."""
_Convert: TypeAlias = Callable[[Any], Any]


def arg(name: str, type_: sa.types.TypeEngine[Any] | None = None) -> sa.BindParameter[Any]:
    """The argument of that name, which every call of the statement gives."""
    return sa.bindparam(_PREFIX + name, type_=type_)


class _Texts(sa.TypeDecorator[Sequence[str]]):
    """A list of texts as one argument: an array, or JSON where the database has no arrays."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return postgresql.ARRAY(sa.Text) if dialect.name == "postgresql" else sa.Text()

    def process_bind_param(self, value: Sequence[str] | None, dialect: sa.Dialect) -> object:
        texts = list(value or ())
        return texts if dialect.name == "postgresql" else json.dumps(texts)


def among(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """The condition that ``column`` is one of a list argument's texts: one statement for lists of any length."""
    return _Among(column, sa.bindparam(_PREFIX + name, type_=_Texts()))


class _Among(sa.ColumnElement[bool]):
    inherit_cache = False
    type = sa.Boolean()

    def __init__(self, column: sa.ColumnElement[Any], texts: sa.BindParameter[Any]) -> None:
        self.column = column
        self.texts = texts


@compiles(_Among, "sqlite")
def _among_json(element: _Among, compiler: SQLCompiler, **more: object) -> str:
    column, texts = (compiler.process(one, **more) for one in (element.column, element.texts))
    return f"{column} IN (SELECT value FROM json_each({texts}))"


@compiles(_Among, "postgresql")
def _among_array(element: _Among, compiler: SQLCompiler, **more: object) -> str:
    column, texts = (compiler.process(one, **more) for one in (element.column, element.texts))
    return f"{column} = ANY({texts})"


class Prepared:
    """A statement for one database: its text, and how values go in and come out."""

    def __init__(self, statement: sa.Executable, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined] # ours all can be compiled
        self.text = str(compiled)
        self._fixed: dict[str, object] = {name: value for name, value in compiled.params.items() if value is not None}
        self._names: tuple[str, ...] = tuple(compiled.positiontup or compiled.params)
        self._is_ordered = compiled.positiontup is not None
        self._keys = [name.removeprefix(_PREFIX) for name in self._names]
        to = [_processor(compiled.binds[name].type, dialect, "bind") for name in self._names]
        self._in = tuple((place, convert) for place, convert in enumerate(to) if convert is not None)
        columns = getattr(statement, "exported_columns", ())
        out = [_processor(column.type, dialect, "result") for column in columns]
        self._out = tuple((place, convert) for place, convert in enumerate(out) if convert is not None)
        self._row: Callable[[Iterable[object]], Row] | None = None

    def arguments(self, values: Mapping[str, object]) -> Arguments:
        """The arguments of one execution, in the form that the driver takes."""
        if self._fixed:
            values = {**self._fixed, **values}
        given = [values[key] for key in self._keys]
        for place, convert in self._in:
            given[place] = convert(given[place])
        return given if self._is_ordered else dict(zip(self._names, given, strict=True))

    def rows(self, cursor: Cursor) -> list[Row]:
        """What an executed cursor found, as named tuples."""
        found = cursor.fetchall()
        if not found:
            return []
        if self._row is None:
            self._row = _row_type(tuple(column[0] for column in cursor.description))
        return list(map(self._row, map(self._converted, found) if self._out else found))

    def _converted(self, row: Iterable[object]) -> list[object]:
        values = list(row)
        for place, convert in self._out:
            values[place] = convert(values[place])
        return values


@lru_cache(maxsize=_KEPT)
def prepared(statement: sa.Executable, dialect: sa.Dialect) -> Prepared:
    """The statement for this database, compiled at its first use."""
    return Prepared(statement, dialect)


@lru_cache(maxsize=_KEPT)
def _row_type(names: tuple[str, ...]) -> Callable[[Iterable[object]], Row]:
    row: Any = namedtuple("Row", names)  # type: ignore[misc] # noqa: PYI024 - named as the statement names its columns
    make: Callable[[Iterable[object]], Row] = row._make
    return make


def _processor(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect, way: str) -> _Convert | None:
    implementation = type_.dialect_impl(dialect)
    if way == "bind":
        found: _Convert | None = implementation.bind_processor(dialect)
    else:
        found = implementation.result_processor(dialect, None)
    return found
