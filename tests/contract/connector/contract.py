"""What every connector promises, whatever its system: a subclass names a system, these tests hold it to the port."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest

from crosstie.model.errors import (
    AlreadyExistsError,
    OutcomeUnknownError,
    RecordError,
    SetupError,
    StaleRecordError,
    TransientError,
    UsageError,
)
from crosstie.model.mapping import Condition, Operator
from crosstie.model.record import Change, LastEdit, Record
from crosstie.model.value import Value
from crosstie.model.words import RecordId
from crosstie.synch.ports.connector import Connector, Deleted, Landed, NotLanded, ServerTime, Write, WriteOutcome

from .far_end import Clock, Line


@dataclass(kw_only=True)
class System:
    """One system under test, and its words for the same things."""

    connector: Connector
    impostor: Connector
    """The same system with a wrong secret."""
    line: Line
    clock: Clock
    secret: str
    table: str
    name: str
    key: str
    phone: str
    link: str
    """A column that only takes what exists elsewhere, or only so many characters."""
    bad_link: Value
    insert: Callable[[int], Write]
    """A new record: its name is ``Firm N``, its key holds N, its phone is blank."""
    throttled: httpx2.Response
    editor: str | None
    """The name of our user, where the system tells who edited a record."""
    delete: Callable[[RecordId], Awaitable[None]]
    stats: Callable[[], Awaitable[Mapping[str, int]]]

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.key, self.name, self.phone)

    async def inserted(self, number: int) -> list[Record]:
        outcomes = await self.connector.write(self.table, [self.insert(n) for n in range(1, number + 1)])
        return [landed(outcome) for outcome in outcomes]

    def modify(self, record: Record, values: Mapping[str, Value]) -> Write:
        return Write(id=record.id, version=record.version, values=values, answer_columns=self.columns)

    def delete_of(self, record: Record) -> Write:
        return Write(id=record.id, version=record.version, values={}, is_delete=True)

    async def changed(self, token: str | None, *, whole: bool = False) -> tuple[list[Change], str, bool]:
        pages = [page async for page in self.connector.changes(self.table, [self.name], token, whole_table=whole)]
        assert [page.token for page in pages[:-1]] == [None] * (len(pages) - 1)
        assert pages[-1].token is not None
        changes = [change for page in pages for change in page.changes]
        return changes, pages[-1].token, pages[-1].is_complete_set

    async def fresh(self, ids: Sequence[RecordId]) -> Mapping[RecordId, Record]:
        return await self.connector.read(self.table, ids, self.columns)


def landed(outcome: WriteOutcome) -> Record:
    """The record of a write that was applied."""
    assert isinstance(outcome, Landed), outcome
    return outcome.record


def error_of(outcome: WriteOutcome) -> Exception:
    """Why a write was not applied."""
    assert isinstance(outcome, NotLanded), outcome
    return outcome.error


class ConnectorContract:
    """The promises; a subclass gives the fixture ``system``."""

    async def test_an_insert_answers_with_what_was_stored(self, system: System) -> None:
        """Each insert's own answer has id, version, time and the columns asked for, blank as None, in order."""
        records = await system.inserted(3)
        assert [record.values[system.name] for record in records] == ["Firm 1", "Firm 2", "Firm 3"]
        assert [record.values[system.phone] for record in records] == [None] * 3
        assert [set(record.values) for record in records] == [set(system.columns)] * 3
        assert await system.fresh([record.id for record in records]) == {record.id: record for record in records}
        assert records[0].modified_at == system.clock.now()

    async def test_more_writes_than_a_batch_holds(self, system: System) -> None:
        """450 inserts all land, each answer at the place of its write, in as few requests as batches allow."""
        records = await system.inserted(450)
        assert [record.values[system.name] for record in records] == [f"Firm {n}" for n in range(1, 451)]
        assert system.connector.traffic.writes == 450
        assert system.connector.traffic.by_verb["write"] in {3, 5}
        found = await system.fresh([record.id for record in records])
        assert len(found) == 450

    async def test_reading_leaves_out_what_does_not_exist(self, system: System) -> None:
        """An id without a record is missing in the answer; asking twice for one answers once."""
        (record,) = await system.inserted(1)
        nobody = RecordId("00000000-0000-4000-8000-000000000001")
        assert await system.fresh([nobody, record.id, record.id]) == {record.id: record}
        assert await system.fresh([]) == {}

    async def test_every_described_column_can_be_read(self, system: System) -> None:
        """What describe() names exists on the server, under that name, in a form that we understand."""
        schema = await system.connector.describe(system.table)
        (record,) = await system.inserted(1)
        found = await system.connector.read(system.table, [record.id], list(schema.columns))
        assert set(found[record.id].values) == set(schema.columns)
        assert {schema.key, schema.label} <= set(schema.columns)

    async def test_odd_texts_survive(self, system: System) -> None:
        """Quotes, markup, line ends, non-ASCII and characters outside the first plane come back as they were sent."""
        text = 'O\'Hara & Söhne <%> "č" \u2028 Ғ 🚂\\ +#?'
        (record,) = await system.inserted(1)
        (outcome,) = await system.connector.write(system.table, [system.modify(record, {system.name: text})])
        assert landed(outcome).values[system.name] == text
        (found,) = await system.connector.find(system.table, system.name, [text], [system.name])
        assert (found.id, found.values) == (record.id, {system.name: text})

    async def test_find_by_many_values(self, system: System) -> None:
        """120 keys find 120 records; a key that nobody has finds nobody; blank finds those without a value."""
        records = await system.inserted(120)
        keys = [record.values[system.key] for record in records]
        found = await system.connector.find(system.table, system.key, [*keys, "NOBODY"], system.columns)
        assert {record.id for record in found} == {record.id for record in records}
        blank = await system.connector.find(system.table, system.phone, [None], [])
        assert {record.id for record in records} <= {record.id for record in blank}

    async def test_count(self, system: System) -> None:
        """Conditions are counted by the server, all of them together, blank included."""
        (first, *_) = await system.inserted(5)
        await system.connector.write(system.table, [system.modify(first, {system.phone: "+41 44 000 00 01"})])
        phone, name = system.phone, system.name
        firm = Condition(name, Operator.EQUALS, "Firm 1")
        assert await system.connector.count(system.table, []) == 5
        assert await system.connector.count(system.table, [Condition(phone, Operator.IS_SET)]) == 1
        assert await system.connector.count(system.table, [Condition(phone, Operator.EQUALS, None)]) == 4
        assert await system.connector.count(system.table, [firm]) == 1
        assert await system.connector.count(system.table, [firm, Condition(phone, Operator.EQUALS, None)]) == 0
        assert await system.connector.count(system.table, [Condition(name, Operator.DIFFERS, "Firm 1")]) == 4
        assert await system.connector.count(system.table, [Condition(phone, Operator.DIFFERS, "x")]) == 5

    async def test_a_modification_moves_the_version(self, system: System) -> None:
        """The answer's version is the one that a read finds, so our own echo can be told from an edit."""
        (record,) = await system.inserted(1)
        (outcome,) = await system.connector.write(system.table, [system.modify(record, {system.phone: "1"})])
        after = landed(outcome)
        assert (after.values[system.phone], after.version == record.version) == ("1", False)
        assert await system.fresh([record.id]) == {record.id: after}
        (outcome,) = await system.connector.write(system.table, [system.modify(after, {system.phone: None})])
        assert landed(outcome).values[system.phone] is None

    async def test_a_stale_version_changes_nothing(self, system: System) -> None:
        """A write decided on an older version is told to read again, and somebody's edit stays."""
        (record,) = await system.inserted(1)
        await system.connector.write(system.table, [system.modify(record, {system.phone: "theirs"})])
        (outcome,) = await system.connector.write(system.table, [system.modify(record, {system.phone: "ours"})])
        assert isinstance(error_of(outcome), StaleRecordError)
        assert (await system.fresh([record.id]))[record.id].values[system.phone] == "theirs"

    async def test_a_record_that_is_gone_is_stale(self, system: System) -> None:
        """A modification of a deleted record asks for a new decision."""
        (record,) = await system.inserted(1)
        await system.delete(record.id)
        (outcome,) = await system.connector.write(system.table, [system.modify(record, {system.phone: "1"})])
        assert isinstance(error_of(outcome), StaleRecordError)
        assert await system.fresh([record.id]) == {}

    async def test_a_delete_needs_the_version_that_was_read(self, system: System) -> None:
        """A stale one deletes nothing; the right one deletes once, beside other writes; what is gone is stale."""
        first, second, third = await system.inserted(3)
        (moved,) = await system.connector.write(system.table, [system.modify(first, {system.phone: "1"})])

        outcomes = await system.connector.write(
            system.table,
            [system.delete_of(first), system.modify(second, {system.phone: "2"}), system.delete_of(third)],
        )
        again = await system.connector.write(system.table, [system.delete_of(third), system.delete_of(landed(moved))])

        assert isinstance(error_of(outcomes[0]), StaleRecordError)
        assert (landed(outcomes[1]).values[system.phone], outcomes[2]) == ("2", Deleted())
        assert (type(error_of(again[0])), again[1]) == (StaleRecordError, Deleted())
        ids = [first.id, second.id, third.id]
        assert (list(await system.fresh(ids)), await system.connector.gone(system.table, ids)) == (
            [second.id],
            {first.id, third.id},
        )
        assert system.connector.traffic.writes == 9

    async def test_only_a_read_by_key_says_that_a_record_is_gone(self, system: System) -> None:
        """120 ids, of which two are nobody's; a table that does not exist is no deletion."""
        records = await system.inserted(118)
        nobody = {RecordId(f"00000000-0000-4000-8000-{number:012d}") for number in (1, 2)}
        ids = [record.id for record in records]
        assert await system.connector.gone(system.table, [*ids, *nobody]) == nobody
        assert await system.connector.gone(system.table, []) == frozenset()
        with pytest.raises(UsageError):
            await system.connector.gone("unheard of", ids)

    async def test_the_last_edit_is_told(self, system: System) -> None:
        """With version and time, and by whom where the system says it; one that does not exist is left out."""
        first, second = await system.inserted(2)
        system.clock.pass_(minutes=5)
        (moved,) = await system.connector.write(system.table, [system.modify(first, {system.phone: "1"})])

        nobody = RecordId("00000000-0000-4000-8000-000000000001")
        found = await system.connector.last_edits(system.table, [first.id, second.id, nobody])

        record = landed(moved)
        assert found == {
            first.id: LastEdit(version=record.version, at=system.clock.now(), by=system.editor),
            second.id: LastEdit(version=second.version, at=second.modified_at, by=system.editor),
        }

    async def test_a_taken_key_is_told(self, system: System) -> None:
        """A second insert with the same key does not make a second record."""
        await system.inserted(1)
        (outcome,) = await system.connector.write(system.table, [system.insert(1)])
        assert isinstance(error_of(outcome), AlreadyExistsError)
        assert await system.connector.count(system.table, []) == 1

    async def test_one_bad_write_stops_no_other(self, system: System) -> None:
        """Good writes before and after a refused one land; the refused one has the vendor's words and a next step."""
        first, second, third = await system.inserted(3)
        outcomes = await system.connector.write(
            system.table,
            [
                system.modify(first, {system.phone: "1"}),
                system.modify(second, {system.phone: "2", system.link: system.bad_link}),
                system.modify(third, {system.phone: "3"}),
            ],
        )
        assert [type(outcome) for outcome in outcomes] == [Landed, NotLanded, Landed]
        error = error_of(outcomes[1])
        assert type(error) is RecordError
        assert error.detail
        assert error.next_step
        found = await system.fresh([first.id, second.id, third.id])
        assert [found[record.id].values[system.phone] for record in (first, second, third)] == ["1", None, "3"]

    @pytest.mark.parametrize(("fault", "effect"), [("lost after effect", 2), ("lost before effect", 0)])
    async def test_a_lost_answer_is_never_repeated(self, system: System, fault: str, effect: int) -> None:
        """Whether the server acted or not, every write of the batch is unknown and nothing is sent again."""
        await system.connector.test()
        system.line.faults = [fault]
        outcomes = await system.connector.write(system.table, [system.insert(1), system.insert(2)])
        assert [type(error_of(outcome)) for outcome in outcomes] == [OutcomeUnknownError] * 2
        assert sum(request.url.path.endswith("$batch") for request in system.line.requests) == 1
        assert await system.connector.count(system.table, []) == effect
        assert (await system.stats())["writes"] == effect

    async def test_half_an_answer_is_a_lost_answer(self, system: System) -> None:
        """An answer to a batch that nobody can read leaves every write unknown."""
        await system.connector.test()
        system.line.faults = [httpx2.Response(200, text="<html>Welcome</html>")]
        (outcome,) = await system.connector.write(system.table, [system.insert(1)])
        assert isinstance(error_of(outcome), OutcomeUnknownError)

    async def test_a_write_that_never_left_is_sent_again(self, system: System) -> None:
        """Without a connection nothing can have happened: the write goes again and lands once."""
        await system.connector.test()
        system.line.faults = ["cannot connect"]
        (record,) = await system.inserted(1)
        assert await system.connector.count(system.table, []) == 1
        assert (record.values[system.name], system.connector.traffic.retries) == ("Firm 1", 1)

    async def test_throttling_is_obeyed(self, system: System) -> None:
        """A write refused by the vendor's own throttling waits as long as it was told and lands once."""
        await system.connector.test()
        system.throttled.headers["Retry-After"] = "23"
        system.line.faults = [system.throttled]
        await system.inserted(1)
        assert system.clock.slept == [23.0]
        assert (await system.stats())["writes"] == 1

    async def test_traffic_is_what_the_server_saw(self, system: System) -> None:
        """Our counters and the server's agree, requests for tokens aside."""
        records = await system.inserted(3)
        await system.connector.write(system.table, [system.modify(records[0], {system.phone: "1"})])
        await system.fresh([record.id for record in records])
        traffic = system.connector.traffic
        stats = await system.stats()
        assert (traffic.writes, traffic.requests - traffic.by_verb["token"]) == (stats["writes"], stats["requests"])
        assert sum(traffic.by_verb.values()) == traffic.requests == len(system.line.requests)

    async def test_the_first_pass_lists_everything(self, system: System) -> None:
        """Without a token every record is listed with its version, and the last page says that this was all."""
        records = await system.inserted(30)
        changes, _, is_complete = await system.changed(None)
        assert {change.id: change.version for change in changes} == {record.id: record.version for record in records}
        assert {change.values[system.name] for change in changes} == {f"Firm {n}" for n in range(1, 31)}
        assert is_complete

    async def test_the_next_pass_lists_what_changed(self, system: System) -> None:
        """An edit shows with its new version; a pass without edits lists nothing; a whole pass lists all again."""
        records = await system.inserted(5)
        system.clock.pass_(hours=1)
        _, token, _ = await system.changed(None)
        system.clock.pass_(hours=1)
        (outcome,) = await system.connector.write(system.table, [system.modify(records[3], {system.phone: "1"})])
        changes, token, is_complete = await system.changed(token)
        edited = [change for change in changes if change.version != _version(records, change.id)]
        assert [(change.id, change.version) for change in edited] == [(records[3].id, landed(outcome).version)]
        assert not is_complete
        changes, _, is_complete = await system.changed(token, whole=True)
        assert (len(changes), is_complete) == (5, True)

    async def test_a_change_during_a_pass_is_found_by_the_next(self, system: System) -> None:
        """A record edited after its page was read, and before the pass ended, is not passed over."""
        records = await system.inserted(3)
        pages = system.connector.changes(system.table, [system.name], None, whole_table=False)
        async for page in pages:
            token = page.token
            system.clock.pass_(hours=2)
            await system.connector.write(system.table, [system.modify(records[0], {system.phone: "late"})])
        changes, _, _ = await system.changed(token)
        assert records[0].id in {change.id for change in changes}

    async def test_a_wrong_secret_is_for_a_person(self, system: System) -> None:
        """The error names the system, what failed and what to do, without a wait and without the secret."""
        with pytest.raises(SetupError) as caught:
            await system.impostor.test()
        text = f"{caught.value} {caught.value.detail} {caught.value!r}"
        assert caught.value.next_step
        assert system.secret not in text
        assert system.clock.slept == []

    async def test_a_wrong_secret_changes_nothing(self, system: System) -> None:
        """A write under a wrong secret tells each write why; the server did nothing."""
        outcomes = await system.impostor.write(system.table, [system.insert(1)])
        assert [type(error_of(outcome)) for outcome in outcomes] == [SetupError]
        assert (await system.stats())["writes"] == system.impostor.traffic.writes == 0

    async def test_a_server_that_is_down_is_told_at_once(self, system: System) -> None:
        """A connection test names the host and does not wait; work waits for minutes before it gives up."""
        system.line.is_down = True
        with pytest.raises(TransientError, match=r"\.example"):
            await system.connector.test()
        assert system.clock.slept == []
        with pytest.raises(TransientError):
            await system.fresh([RecordId("00000000-0000-4000-8000-000000000001")])
        assert 200 < system.clock.elapsed <= 300
        (outcome,) = await system.connector.write(system.table, [system.insert(1)])
        assert type(error_of(outcome)) is TransientError

    async def test_a_web_page_is_no_system(self, system: System) -> None:
        """A URL that leads to a web page is a matter of settings."""
        await system.fresh([])
        page = httpx2.Response(200, text="<html>Welcome</html>")
        with pytest.raises(SetupError, match="does not answer as"):
            await _answered(system, page, after=0, ask=system.connector.test)

    async def test_foreign_json_tells_no_fact(self, system: System) -> None:
        """Whichever request is answered by somebody else: the connector says so, and no fact is left blank or wrong."""
        before = len(system.line.requests)
        assert None not in (await system.connector.facts()).values()
        asked = [one for one in system.line.requests[before:] if "token" not in one.url.path]
        foreign = httpx2.Response(200, json={"status": "ok"})
        for number in range(len(asked)):
            with pytest.raises(SetupError, match="does not answer as"):
                await _answered(system, foreign, after=number, ask=system.connector.facts)

    async def test_unknown_names_are_told_with_what_is_near(self, system: System) -> None:
        """A table or column that we do not know is a mistake in the mapping; nothing is sent."""
        with pytest.raises(UsageError, match=f"Did you mean .*{system.name}"):
            await system.connector.read(system.table, [RecordId("x")], [system.name + "s"])
        with pytest.raises(UsageError, match="table"):
            await system.connector.describe("nothing")
        with pytest.raises(UsageError):
            await system.connector.write(
                system.table, [Write(id=None, version=None, values={"colour": "blue"}, answer_columns=())]
            )
        assert system.line.requests == []

    async def test_the_servers_clock(self, system: System) -> None:
        """It is known before anything else was asked, with how far off it may be; else nothing is said."""
        assert await system.connector.server_time() is None
        system.line.clock = system.clock
        told = await system.connector.server_time()
        assert told == ServerTime(at=system.clock.now(), give_or_take=timedelta(seconds=1))


def _version(records: Sequence[Record], id_: RecordId) -> str | None:
    return next((record.version for record in records if record.id == id_), None)


async def _answered(system: System, page: httpx2.Response, *, after: int, ask: Callable[[], Awaitable[object]]) -> None:
    """Ask; the request after so many others, besides those for tokens, is answered by ``page``."""
    inner, left = system.line.handle_async_request, after

    async def answered(request: httpx2.Request) -> httpx2.Response:
        nonlocal left
        response = await inner(request)
        if "token" in request.url.path:
            return response
        left -= 1
        return page if left == -1 else response

    system.line.handle_async_request = answered  # type: ignore[method-assign]
    try:
        await ask()
    finally:
        system.line.handle_async_request = inner  # type: ignore[method-assign]
