"""Which tables are sales documents, and what is peculiar to each."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Document:
    """A table of documents and the table of their lines."""

    header: str
    line: str
    link: str
    """The lookup from a line to its document."""
    number: str | None
    """The column that the document's number is in."""
    prefix: str
    locked: Sequence[int]
    moves: Mapping[int, Sequence[int]]


@cache
def documents() -> Mapping[str, Document]:
    """All documents by logical name of their table."""
    text = files("crosstie_sandbox.dataverse.rules").joinpath("documents.toml").read_text(encoding="utf-8")
    return {
        name: Document(
            header=name,
            line=spec["line"],
            link=spec["lines_link"],
            number=spec.get("number"),
            prefix=spec.get("prefix", ""),
            locked=spec["locked"],
            moves={int(state): next_states for state, next_states in spec["moves"].items()},
        )
        for name, spec in tomllib.loads(text).items()
    }


@cache
def by_line() -> Mapping[str, Document]:
    """All documents by logical name of the table of their lines."""
    return {document.line: document for document in documents().values()}
