"""Reads a page as a person does: tables by their caption, rows as lists of cell texts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "link", "img", "use", "br", "input"}


@dataclass
class Table:
    """A table: what its caption says, and the text of every cell."""

    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)


class PageReader(HTMLParser):
    """Collects tables, elements and whatever could run a script."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def table(self, words: str) -> list[list[str]]:
        """The body rows of the one table whose caption contains ``words``."""
        (found,) = [table for table in self.tables if words in table.caption]
        return found.rows[1:]

    def attributes(self, tag: str, name: str) -> list[str | None]:
        """The values of an attribute on all elements of a kind that carry it."""
        return [attributes[name] for kind, attributes in self.elements if kind == tag and name in attributes]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "table":
            self.tables.append(Table())
        elif tag == "tr":
            self.tables[-1].rows.append([])
        elif tag in {"td", "th"}:
            self.tables[-1].rows[-1].append("")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "caption" in self._open:
            self.tables[-1].caption += data
        elif "td" in self._open or "th" in self._open:
            row = self.tables[-1].rows[-1]
            row[-1] = " ".join(f"{row[-1]} {data}".split())
