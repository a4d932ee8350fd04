"""Answers to queries that are not OData's own: `?fetchXml=`, `?sql=` and `$apply`."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from crosstie_sandbox.dataverse.apply import nested, read_apply
from crosstie_sandbox.dataverse.context import Call
from crosstie_sandbox.dataverse.errors import bad_request
from crosstie_sandbox.dataverse.fetchxml.model import Entity, Fetch, entities
from crosstie_sandbox.dataverse.fetchxml.places import no_entity
from crosstie_sandbox.dataverse.fetchxml.read import read_fetch
from crosstie_sandbox.dataverse.fetchxml.run import COUNT_LIMIT, FetchPage, Runner, following
from crosstie_sandbox.dataverse.operation import Reply, json_reply
from crosstie_sandbox.dataverse.preferences import LARGEST_PAGE
from crosstie_sandbox.dataverse.sqlquery.query import read_sql
from crosstie_sandbox.odata.answer import context_url

Item = dict[str, object]
_CRM = "Microsoft.Dynamics.CRM"
_FETCH, _SQL, _APPLY = "fetchXml", "sql", "$apply"


def is_asked(call: Call) -> bool:
    """Whether the query of a set is one of these."""
    return not call.options.other.keys().isdisjoint({_FETCH, _SQL, _APPLY})


def answer(call: Call) -> Reply:
    """A page of what was asked for."""
    if _FETCH in call.options.other:
        return _fetched(call, read_fetch(call.options.other[_FETCH]))
    if _SQL in call.options.other:
        return _selected(call, read_sql(call.options.other[_SQL]))
    return _applied(call)


def _fetched(call: Call, fetch: Fetch) -> Reply:
    page = _run(call, fetch)
    content: Item = {"@odata.context": _context(call, fetch)}
    about: Item = {}
    if page.total is not None:
        about[f"{_CRM}.totalrecordcount"] = page.total
        about[f"{_CRM}.totalrecordcountlimitexceeded"] = page.total >= COUNT_LIMIT
    if page.following is not None and page.keyed:
        about[f"{_CRM}.fetchxmlpagingcookie"] = page.following
    if fetch.top is None:
        about[f"{_CRM}.morerecords"] = page.following is not None
    content |= {f"@{name}": value for name, value in about.items() if name in call.preferences.annotations}
    return json_reply(content | {"value": page.items}, headers=call.preferences.applied)


def _selected(call: Call, fetch: Fetch) -> Reply:
    token = call.options.skiptoken
    page = _run(call, fetch if token is None else following(fetch, token))
    content: Item = {"@odata.context": _context(call, fetch), "value": page.items}
    if page.following is not None:
        sql = quote(call.options.other[_SQL], safe="")
        token = quote(page.following, safe="=")
        content["@odata.nextLink"] = f"{call.session.root}{call.table.entity_set}?sql={sql}&$skiptoken={token}"
    return json_reply(content, headers=call.preferences.applied)


def _applied(call: Call) -> Reply:
    refused = [name for name in call.options.other if name.startswith("$") and name != _APPLY]
    if refused or call.options.select or call.options.expand or call.options.skip is not None:
        option = refused[0] if refused else "$select, $expand or $skip"
        raise bad_request(f"The query parameter {option} is not supported with $apply.")
    fetch = read_apply(call.options.other[_APPLY], call.table, call.schema, call.options)
    page = _run(call, fetch)
    content = {"@odata.context": call.context(), "value": [nested(item) for item in page.items]}
    return json_reply(content, headers=call.preferences.applied)


def _run(call: Call, fetch: Fetch) -> FetchPage:
    if fetch.entity.table != call.table.logical_name:
        text = f"The entity '{fetch.entity.table}' of the query is not the one of '{call.table.entity_set}'."
        raise bad_request(text)
    _check_reading(call, list(entities(fetch.entity)))
    runner = Runner(call.session.database, call.asker, call.preferences.annotations)
    return runner.page(fetch, call.preferences.page_size or LARGEST_PAGE)


def _check_reading(call: Call, asked: Sequence[Entity]) -> None:
    for entity in asked:
        table = call.schema.tables.get(entity.table)
        if table is None:
            raise no_entity(entity.table)
        if not call.session.rights.is_administrator:
            call.session.guard.must("Read", table)


def _context(call: Call, fetch: Fetch) -> str:
    names = list(dict.fromkeys(_names(call, fetch.entity)))
    shown = f"({','.join(names)})" if names else ""
    return context_url(call.session.root, f"{call.table.entity_set}{shown}")


def _names(call: Call, entity: Entity) -> Iterator[str]:
    for output in entity.outputs:
        column = call.table.by_name.get(output.column)
        yield output.alias or (column.wire if column is not None else output.column)
