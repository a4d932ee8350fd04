"""What can be wrong with a request before any table is touched; each server words it as its vendor does."""

import sqlite3

_TOO_COMPLEX = (
    "parser stack overflow",
    "Expression tree is too large",
    "too many SQL variables",
    "tables in a join",
    "too many columns",
    "too many terms",
    "pattern too complex",
    "string or blob too big",
)


def is_too_complex(error: sqlite3.Error) -> bool:
    """Whether the database gave up because of what was asked, not because of what it holds."""
    return any(words in str(error) for words in _TOO_COMPLEX)


class ODataError(Exception):
    """A request that cannot be carried out as it is written."""


class ODataSyntaxError(ODataError):
    """The text of a query option, an address or a body does not follow the grammar."""

    def __init__(self, message: str, position: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


class UnknownPropertyError(ODataError):
    """A query names a property that the table does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Could not find a property named '{name}'.")
        self.name = name


class UnsupportedError(ODataError):
    """A query asks for something that the vendor refuses too."""


class TypeMismatchError(ODataError):
    """A query compares a property with a value of another type."""
