"""Requests that are deep or long beyond reason are refused politely."""

from collections.abc import Iterator

import pytest

from .servers import Server, a_crm, an_erp

GUID = "00000000-0000-0001-8000-000000000000"
DEEP = 20_000
DEEP_BODIES = [b"[" * DEEP, b'{"a":' * DEEP, b'{"requests":' + b"[" * DEEP + b"]" * DEEP + b"}"]
NAMES = [
    "anys",
    "many-anys",
    "joins",
    "parentheses",
    "nots",
    "calls",
    "minuses",
    "quotes",
    "many-or",
    "many-and",
    "deep-and",
    "open-expands",
    "expands",
    "long-orderby",
    "many-orderby",
    "many-select",
    "open-apply",
    "groupby",
    "alias-list",
    "alias-of-itself",
    "sql-parentheses",
    "sql-nots",
    "sql-selects",
    "fetch-open",
    "fetch-filters",
    "fetch-links",
    "many-values",
    "top",
]
DEEP_QUERIES = [
    "$filter=" + "contact_customer_accounts/any(c:c/parentcustomerid_account/" * 98 + "name eq 'a'" + ")" * 98,
    "$filter=" + " or ".join(["contact_customer_accounts/any(c:c/lastname eq 'a')"] * 500),
    "$filter="
    + " or ".join(
        "/".join(["primarycontactid", "parentcustomerid_account"] * 3) + f"/{name}/fullname eq 'a'"
        for name in (
            "createdby",
            "modifiedby",
            "owninguser",
            "createdonbehalfby",
            "modifiedonbehalfby",
            "primarycontactid",
        )
        for _ in range(9)
    ),
    "$filter=" + "(" * DEEP,
    "$filter=" + "not " * 3000 + "donotemail",
    "$filter=" + "contains(" * 3000,
    "$filter=" + "-" * DEEP,
    "$filter=name eq '" + "'" * (DEEP + 1),
    "$filter=" + " or ".join(f"name eq '{index}'" for index in range(3000)),
    "$filter=" + " and ".join(["not (name eq 'a')"] * 1500),
    "$filter=" + "(name eq 'a' and " * 99 + "name eq 'b'" + ")" * 99,
    "$expand=" + "a($expand=" * 3000,
    "$expand=" + "primarycontactid($expand=parentcustomerid_account($expand=" * 200,
    "$orderby=" + "a/" * 3000 + "b",
    "$orderby=" + ",".join(["name"] * 3000),
    "$select=" + ",".join(["name"] * 3000),
    "$apply=" + "filter(" * 3000,
    "$apply=groupby((" * 1000,
    "@p1=" + "[" * DEEP + "&$filter=name eq @p1",
    "@p1=@p1&$filter=name eq @p1",
    "sql=SELECT name FROM account WHERE " + "(" * 3000,
    "sql=SELECT name FROM account WHERE " + "NOT " * 3000 + "name = 'a'",
    "sql=" + "SELECT " * 3000,
    "fetchXml=" + "<filter>" * 3000,
    "fetchXml=<fetch><entity name='account'>" + "<filter>" * 1500 + "</filter>" * 1500 + "</entity></fetch>",
    "fetchXml=<fetch><entity name='account'>"
    + "<link-entity name='contact' from='contactid' to='primarycontactid'>" * 300,
    "$filter=Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=[" + '"a",' * 3000 + '"b"])',
    "$top=" + "9" * 3000,
]


@pytest.mark.parametrize("query", DEEP_QUERIES, ids=NAMES)
def test_what_is_deep_or_long_is_refused_politely(both: dict[str, Server], query: str) -> None:
    """Nothing of it breaks a server: it is answered, or refused with an error of the vendor's form."""
    for server, entity_set in ((both["crm"], "accounts"), (both["erp"], "customers")):
        answer = server.send("GET", f"{entity_set}?{query}")
        assert answer.status in {200, 400, 404, 414, 501}, answer
        if answer.status != 200:
            assert {"code", "message"} <= set(answer.json["error"]), answer


@pytest.mark.parametrize("body", DEEP_BODIES, ids=["lists", "objects", "batch"])
def test_bodies_that_are_deep_are_refused_politely(both: dict[str, Server], body: bytes) -> None:
    """A body nested beyond reason is 400 for every verb that takes one."""
    for server, entity_set in ((both["crm"], "accounts"), (both["erp"], "customers")):
        for method, path in (("POST", entity_set), ("POST", "$batch"), ("PATCH", f"{entity_set}({GUID})")):
            given = {**server.headers, "content-type": "application/json", "if-match": "*"}
            answer = server.raw(method, f"{server.root}{path}", b"", given, body)
            assert answer.status in {400, 404, 415}, answer


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Server]]:
    """Both servers, with nothing in them."""
    folder = tmp_path_factory.mktemp("deep")
    with a_crm(folder) as crm, an_erp(folder) as erp:
        yield {"crm": crm, "erp": erp}
