"""What an operation needs to know: who calls, at which address, and what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from crosstie_sandbox.dataverse.address import Address, row_id
from crosstie_sandbox.dataverse.behaviour import BEHAVIOUR, UNLOCKED
from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import bad_request
from crosstie_sandbox.dataverse.expanding import REFERENCES, target_of
from crosstie_sandbox.dataverse.operation import Counters, Operation
from crosstie_sandbox.dataverse.payload import Changes, References, read_body
from crosstie_sandbox.dataverse.preferences import LARGEST_PAGE, Preferences
from crosstie_sandbox.dataverse.queries.operators import Asker
from crosstie_sandbox.dataverse.reading import EVERYTHING, Reader
from crosstie_sandbox.dataverse.schema import Schema, Table
from crosstie_sandbox.dataverse.security.guard import Guard, GuardedWriter
from crosstie_sandbox.dataverse.security.rights import Rights
from crosstie_sandbox.dataverse.webhooks.queue import EventQueue
from crosstie_sandbox.dataverse.writing import Caller, Writer
from crosstie_sandbox.odata.answer import context_url
from crosstie_sandbox.odata.query import QueryOptions
from crosstie_sandbox.odata.sql import Fragment


@dataclass(frozen=True, slots=True)
class Session:
    """One caller at one root address, for the length of an HTTP request."""

    database: Database
    caller: Caller
    rights: Rights
    root: str
    counters: Counters
    events: EventQueue

    @property
    def guard(self) -> Guard:
        """Says what the caller may do."""
        return Guard(self.database, self.rights)

    @property
    def writer(self) -> GuardedWriter:
        """Writes in the name of the caller what it may write."""
        return GuardedWriter(self.platform, self.guard)

    @property
    def platform(self) -> Writer:
        """Writes in the name of the caller what the platform does by itself."""
        return Writer(self.database, self.caller, (*BEHAVIOUR, self.events))

    @property
    def unlocked(self) -> Writer:
        """Writes in the name of the caller what an action does to documents, whatever their state."""
        return Writer(self.database, self.caller, (*UNLOCKED, self.events))


@dataclass(frozen=True, slots=True)
class Call:
    """One operation with its address, query and preferences read.

    `within` is a condition on the rows of its table: those of a collection, where the path leads to one.
    """

    session: Session
    operation: Operation
    address: Address
    options: QueryOptions
    preferences: Preferences
    made: Mapping[str, str]
    within: Fragment = EVERYTHING

    @property
    def schema(self) -> Schema:
        """All tables there are."""
        return self.session.database.schema

    @property
    def table(self) -> Table:
        """The table it is about."""
        return self.address.table(self.schema)

    @property
    def reader(self) -> Reader:
        """Reads with the annotations asked for."""
        return Reader(
            database=self.session.database,
            asker=self.asker,
            root=self.session.root,
            annotations=self.preferences.annotations,
            page_size=self.preferences.page_size or LARGEST_PAGE,
        )

    @property
    def asker(self) -> Asker:
        """Who asks, and when."""
        caller = self.session.caller
        return Asker(self.session.database.today(), caller.user, caller.business_unit)

    def identity(self) -> str:
        """The id of the row it is about."""
        return row_id(self.table, self.address.argument or "", self.session.database)

    def changes(self, body: object) -> Changes:
        """A body as stored values."""
        return read_body(self.table, body, References(self.session.database, self.made).follow)

    def row_url(self, identity: str) -> str:
        """The address of a row."""
        return f"{self.session.root}{self.table.entity_set}({identity})"

    def context(self, suffix: str = "") -> str:
        """The address that describes the answer."""
        return context_url(
            self.session.root, f"{self.table.entity_set}{shape(self.schema, self.table, self.options)}{suffix}"
        )

    def link(self, option: str, token: str) -> str:
        """The same query again, going on from a token."""
        kept = [
            quote(part, safe="%$=&'(),/;:@+!*")
            for part in self.operation.query.split("&")
            if part and not part.replace("%24", "$").startswith(("$skiptoken=", f"{option}="))
        ]
        query = "&".join([*kept, f"{option}={quote(token, safe='=')}"])
        path = self.table.entity_set if self.within == EVERYTHING else quote(self.operation.path, safe="%/()$'=,")
        return f"{self.session.root}{path}?{query}"

    def check_options(self) -> None:
        """Refuse query options that Dataverse does not have, rather than ignore them."""
        refused = [name for name in self.options.other if name.startswith("$")]
        if self.options.skip is not None:
            refused.append("$skip")
        if refused:
            raise bad_request(f"The query parameter {refused[0]} is not supported")


def shape(schema: Schema, table: Table, options: QueryOptions) -> str:
    """The columns of an answer as a context address lists them."""
    parts = list(options.select or ())
    for expand in options.expand:
        target = target_of(schema, table, expand.name.removesuffix(REFERENCES))
        parts.append(f"{expand.name}{shape(schema, target, expand.options) or '()'}")
    return f"({','.join(parts)})" if parts else ""
