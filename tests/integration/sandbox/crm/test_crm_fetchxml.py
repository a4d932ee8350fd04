"""FetchXML, SQL and `$apply`: the sandbox CRM's other ways to ask, which are one kind of query underneath."""

from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

CRM = "Microsoft.Dynamics.CRM"
PAGING = {"Prefer": f'odata.include-annotations="{CRM}.fetchxmlpagingcookie,{CRM}.morerecords"'}


@pytest.fixture
async def deals(crm) -> dict[str, str]:
    """Four accounts with amounts, two of them with a primary contact. Ids by name."""
    ids = {}
    for name in ("Zoe", "Åke"):
        ids[name] = (await crm.add("contacts", {"firstname": name, "lastname": "Lind"}))["contactid"]
    for name, revenue, staff, contact in [
        ("Alder", "100.10", 3, "Zoe"),
        ("birch 100%", "200.20", 5, "Åke"),
        ("Cedar", "0.30", None, None),
        ("Ébène", None, 5, None),
    ]:
        body = {"name": name, "numberofemployees": staff}
        if contact:
            body["primarycontactid@odata.bind"] = f"contacts({ids[contact]})"
        ids[name] = (await crm.add("accounts", body))["accountid"]
        if revenue:
            content = f'{{"revenue":{revenue}}}'.encode()
            assert (await crm.http.patch(f"accounts({ids[name]})", content=content)).status_code == 204
    return ids


async def asked(crm, entity_set: str = "accounts", headers: dict[str, str] | None = None, **query: str) -> dict:
    """The answer to a query."""
    params = {name.replace("apply", "$apply"): text for name, text in query.items()}
    answer = await crm.http.get(entity_set, params=params, headers=headers or {})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def fetched(crm, inside: str, entity_set: str = "accounts", attributes: str = "") -> list[dict]:
    """The rows of a fetch, its one entity given from within."""
    table = {"accounts": "account", "contacts": "contact"}[entity_set]
    return (
        await asked(crm, entity_set, fetchXml=f'<fetch {attributes}><entity name="{table}">{inside}</entity></fetch>')
    )["value"]


def filtered(condition: str) -> str:
    """The inside of an entity with the name, and a filter of one condition."""
    return f'<attribute name="name"/><filter><condition {condition}</filter><order attribute="name"/>'


async def test_a_fetch_shows_what_it_names_and_the_key(crm, deals) -> None:
    """Attributes under their names in JSON or their aliases, the key and the etag always; all without any."""
    inside = '<attribute name="name"/><attribute name="primarycontactid"/><attribute name="revenue" alias="r"/>'
    answer = await asked(
        crm, fetchXml=f'<fetch top="1"><entity name="account">{inside}<order attribute="name"/></entity></fetch>'
    )
    assert answer["@odata.context"].endswith("#accounts(name,_primarycontactid_value,r)")
    (row,) = answer["value"]
    assert set(row) == {"@odata.etag", "name", "_primarycontactid_value", "r", "accountid"}
    assert (row["name"], row["_primarycontactid_value"], row["r"]) == ("Alder", deals["Zoe"], 100.1)
    everything = (await fetched(crm, "<all-attributes/>"))[0]
    assert set(everything) == set((await crm.get("accounts?$top=1"))["value"][0])
    assert set((await fetched(crm, ""))[0]) == set(everything)


@pytest.mark.usefixtures("deals")
async def test_operators_of_fetchxml(crm) -> None:
    """Values are texts whatever the column holds; texts compare without case and accents, `%` is a wildcard."""
    for condition, names in {
        'attribute="name" operator="eq" value="EBENE"/>': "Ébène",
        'attribute="name" operator="ne" value="cedar"/>': "Alder birch Ébène",
        'attribute="numberofemployees" operator="ne" value="5"/>': "Alder Cedar",
        'attribute="revenue" operator="gt" value="100"/>': "Alder birch",
        'attribute="revenue" operator="le" value="100.10"/>': "Alder Cedar",
        'attribute="name" operator="like" value="%DE%"/>': "Alder",
        'attribute="name" operator="like" value="_edar"/>': "Cedar",
        'attribute="name" operator="not-like" value="%d%"/>': "birch Ébène",
        'attribute="name" operator="begins-with" value="b"/>': "birch",
        'attribute="name" operator="not-begin-with" value="b"/>': "Alder Cedar Ébène",
        'attribute="name" operator="ends-with" value="100%"/>': "birch",
        'attribute="revenue" operator="null"/>': "Ébène",
        'attribute="revenue" operator="not-null"/>': "Alder birch Cedar",
        'attribute="name" operator="in"><value>alder</value><value>Cedar</value></condition>': "Alder Cedar",
        'attribute="numberofemployees" operator="not-in"><value>3</value></condition>': "birch Ébène",
        'attribute="revenue" operator="between"><value>0</value><value>100.1</value></condition>': "Alder Cedar",
        'attribute="revenue" operator="not-between"><value>0</value><value>100.1</value></condition>': "birch",
        'attribute="createdon" operator="today"/>': "Alder birch Cedar Ébène",
        'attribute="createdon" operator="last-x-days" value="3"/>': "Alder birch Cedar Ébène",
        'attribute="createdon" operator="on-or-before" value="2026-01-01"/>': "",
        'attribute="ownerid" operator="eq-userid"/>': "Alder birch Cedar Ébène",
        'attribute="ownerid" operator="ne-userid"/>': "",
        'attribute="statecode" operator="eq" value="1"/>': "",
        'attribute="creditonhold" operator="eq" value="0"/>': "Alder birch Cedar Ébène",
        'attribute="createdon" operator="gt" valueof="modifiedon"/>': "",
        'attribute="createdon" operator="eq" valueof="modifiedon"/>': "Alder birch Cedar Ébène",
    }.items():
        rows = await fetched(crm, filtered(condition))
        assert " ".join(row["name"].split()[0] for row in rows) == names, condition


async def test_filters_nest_by_and_and_or(crm, deals) -> None:
    """A filter of type `or` within one of type `and`; ids may stand in braces."""
    inside = (
        '<attribute name="name"/><filter type="and"><condition attribute="statecode" operator="eq" value="0"/>'
        '<filter type="or"><condition attribute="name" operator="eq" value="Cedar"/>'
        f'<condition attribute="accountid" operator="eq" value="{{{deals["Alder"].upper()}}}"/></filter></filter>'
    )
    assert sorted(row["name"] for row in await fetched(crm, inside)) == ["Alder", "Cedar"]


@pytest.mark.usefixtures("deals")
async def test_links_join_and_show_the_other_side(crm) -> None:
    """Inner links drop rows without a partner, outer ones keep them; filters, orders and links stand in links too."""
    link = (
        '<link-entity name="contact" from="contactid" to="primarycontactid" link-type="{}" alias="c">{}</link-entity>'
    )
    name = '<attribute name="name"/>'
    first = '<attribute name="firstname"/>'
    inner = await fetched(crm, name + link.format("inner", first + '<order attribute="firstname"/>'))
    assert [(row["name"], row["c.firstname"]) for row in inner] == [("birch 100%", "Åke"), ("Alder", "Zoe")]
    outer = await fetched(crm, name + '<order attribute="name"/>' + link.format("outer", first))
    assert [row["c.firstname"] for row in outer] == ["Zoe", "Åke", None, None]
    missing = '<filter><condition entityname="c" attribute="contactid" operator="null"/></filter>'
    lonely = await fetched(crm, name + missing + link.format("outer", ""))
    assert sorted(row["name"] for row in lonely) == ["Cedar", "Ébène"]
    narrow = '<filter><condition attribute="firstname" operator="eq" value="zoe"/></filter>'
    kept = await fetched(crm, name + '<order attribute="name"/>' + link.format("outer", first + narrow))
    assert [row["c.firstname"] for row in kept] == ["Zoe", None, None, None]
    owner = (
        '<link-entity name="systemuser" from="systemuserid" to="owninguser" alias="u">'
        '<attribute name="accessmode" alias="mode"/></link-entity>'
    )
    nested = await fetched(crm, name + '<order attribute="name"/>' + link.format("outer", owner))
    assert [row["mode"] for row in nested] == [4, 4, None, None]
    back = '<link-entity name="account" from="primarycontactid" to="contactid" link-type="{}" alias="a"/>'
    with_account = await fetched(crm, first + back.format("exists"), "contacts")
    assert sorted(row["firstname"] for row in with_account) == ["Zoe", "Åke"]
    assert await fetched(crm, first + back.format("not any"), "contacts") == []


@pytest.mark.usefixtures("deals")
async def test_annotations_of_a_fetch(crm) -> None:
    """Labels, formatted amounts and names of related rows come on request, of linked columns too."""
    inside = (
        '<attribute name="revenue"/><attribute name="primarycontactid"/><attribute name="statecode"/>'
        '<filter><condition attribute="name" operator="eq" value="alder"/></filter>'
        '<link-entity name="contact" from="contactid" to="primarycontactid" alias="c">'
        '<attribute name="statuscode"/><attribute name="ownerid"/></link-entity>'
    )
    xml = f'<fetch><entity name="account">{inside}</entity></fetch>'
    (row,) = (await asked(crm, headers={"Prefer": 'odata.include-annotations="*"'}, fetchXml=xml))["value"]
    formatted = "@OData.Community.Display.V1.FormattedValue"
    assert row[f"revenue{formatted}"] == "100.10"
    assert row[f"statecode{formatted}"] == "Active"
    assert row[f"_primarycontactid_value{formatted}"] == "Zoe Lind"
    assert row[f"_primarycontactid_value@{CRM}.lookuplogicalname"] == "contact"
    assert row[f"c.statuscode{formatted}"] == "Active"
    assert row[f"c.ownerid@{CRM}.lookuplogicalname"] == "systemuser"
    assert not any("@" in name[1:] for name in (await asked(crm, fetchXml=xml))["value"][0])


@pytest.mark.usefixtures("deals")
@pytest.mark.parametrize("order", ['attribute="name"', 'attribute="revenue" descending="true"', ""])
async def test_a_fetch_has_pages(crm, order) -> None:
    """The cookie of a page leads to the next, also when rows before it vanish; the last page has none."""
    names, cookie, page = [], "", 1
    while True:
        fetch = ET.Element("fetch", {"count": "2", "page": str(page), **({"paging-cookie": cookie} if cookie else {})})
        entity = ET.SubElement(fetch, "entity", {"name": "account"})
        ET.SubElement(entity, "attribute", {"name": "name"})
        if order:
            entity.append(ET.fromstring(f"<order {order}/>"))  # noqa: S314 - written right here
        answer = await asked(crm, headers=PAGING, fetchXml=ET.tostring(fetch, encoding="unicode"))
        names += [row["name"] for row in answer["value"]]
        if not answer[f"@{CRM}.morerecords"]:
            break
        outer = ET.fromstring(answer[f"@{CRM}.fetchxmlpagingcookie"])  # noqa: S314 - from our own server
        assert outer.get("istracking") == "False"
        cookie, page = unquote(unquote(outer.get("pagingcookie"))), int(outer.get("pagenumber"))
        assert cookie.startswith('<cookie page="1"')
        await crm.http.delete(f"accounts({answer['value'][0]['accountid']})")
    assert f"@{CRM}.fetchxmlpagingcookie" not in answer
    assert sorted(names) == ["Alder", "Cedar", "birch 100%", "Ébène"]


@pytest.mark.usefixtures("deals")
async def test_pages_by_number_and_totals(crm) -> None:
    """A page is also found by its number alone; the total comes if it is asked for; `top` ends a query."""
    attributes = 'count="3" page="2" returntotalrecordcount="true"'
    xml = (
        f'<fetch {attributes}><entity name="account"><attribute name="name"/><order attribute="name"/></entity></fetch>'
    )
    answer = await asked(crm, headers={"Prefer": 'odata.include-annotations="*"'}, fetchXml=xml)
    assert [row["name"] for row in answer["value"]] == ["Ébène"]
    assert (answer[f"@{CRM}.totalrecordcount"], answer[f"@{CRM}.morerecords"]) == (4, False)
    assert answer[f"@{CRM}.totalrecordcountlimitexceeded"] is False
    assert len(await fetched(crm, "", attributes='top="2"')) == 2
    distinct = await fetched(crm, '<attribute name="numberofemployees"/>', attributes='distinct="true"')
    assert sorted((row["numberofemployees"] or 0) for row in distinct) == [0, 3, 5]
    assert all(set(row) == {"numberofemployees"} for row in distinct)


@pytest.mark.usefixtures("deals")
async def test_aggregates_are_exact(crm) -> None:
    """Groups with counts, sums, averages and extremes; amounts are added up in decimals; groups by parts of dates."""
    grouped = (
        '<attribute name="numberofemployees" alias="staff" groupby="true"/>'
        '<attribute name="accountid" alias="n" aggregate="count"/>'
        '<attribute name="revenue" alias="total" aggregate="sum"/><order alias="staff" descending="true"/>'
    )
    rows = await fetched(crm, grouped, attributes='aggregate="true"')
    assert [(row["staff"], row["n"], row["total"]) for row in rows] == [(5, 2, 200.2), (3, 1, 100.1), (None, 1, 0.3)]
    functions = ["sum", "avg", "min", "max", "countcolumn"]
    inside = "".join(f'<attribute name="revenue" alias="{one}" aggregate="{one}"/>' for one in functions)
    inside += '<attribute name="numberofemployees" alias="d" aggregate="countcolumn" distinct="true"/>'
    inside += '<attribute name="numberofemployees" alias="a" aggregate="avg"/>'
    inside += '<attribute name="name" alias="last" aggregate="max"/>'
    answer = await crm.http.get(
        "accounts", params={"fetchXml": f'<fetch aggregate="true"><entity name="account">{inside}</entity></fetch>'}
    )
    values = '"sum":300.6000,"avg":100.2000,"min":0.3000,"max":200.2000,"countcolumn":3,"d":2,"a":4,"last":"Ébène"'
    assert values in answer.text
    dates = (
        '<attribute name="createdon" alias="y" groupby="true" dategrouping="year"/>'
        '<attribute name="createdon" alias="m" groupby="true" dategrouping="month"/>'
        '<attribute name="createdon" alias="q" groupby="true" dategrouping="quarter"/>'
        '<attribute name="createdon" alias="d" groupby="true" dategrouping="day"/>'
        '<attribute name="accountid" alias="n" aggregate="count"/>'
    )
    assert await fetched(crm, dates, attributes='aggregate="true"') == [{"y": 2026, "m": 1, "q": 1, "d": 2, "n": 4}]


async def test_fetches_that_cannot_be_are_refused(crm) -> None:
    """Broken XML, document types, unknown tables, columns, operators, aliases and too much of anything."""
    column = '<attribute name="name"/>'
    condition = '<condition attribute="name" operator="eq" value="x"/>'
    link = '<link-entity name="contact" from="contactid" to="primarycontactid"/>'
    for inside, code in {
        '<attribute name="nosuch"/>': "0x80041103",
        '<filter><condition attribute="nosuch" operator="eq" value="x"/></filter>': "0x80041103",
        '<order attribute="nosuch"/>': "0x80041103",
        '<link-entity name="nosuch" from="x" to="name"/>': "0x80041102",
        '<link-entity name="contact" from="nosuch" to="name"/>': "0x80041103",
        '<link-entity name="contact" from="contactid" to="primarycontactid" link-type="sideways"/>': "0x80060888",
        '<filter><condition attribute="name" operator="resembles" value="x"/></filter>': "0x80040203",
        '<filter><condition attribute="name" operator="eq"/></filter>': "0x80040203",
        '<filter><condition attribute="numberofemployees" operator="eq" value="many"/></filter>': "0x80040203",
        '<filter><condition attribute="name" operator="eq" valueof="revenue"/></filter>': "0x80040203",
        '<filter><condition entityname="c" attribute="name" operator="null"/></filter>': "0x80060888",
        '<filter type="xor"/>': "0x80060888",
        '<order alias="nosuch"/>': "0x80060888",
        "<attribute/>": "0x80060888",
        f"<filter>{condition * 501}</filter>": "0x8004430d",
        link * 16: "0x8004430d",
        "<filter>" * 50 + condition + "</filter>" * 50: "0x80060888",
    }.items():
        xml = f'<fetch><entity name="account">{inside}</entity></fetch>'
        assert (await refused(crm, fetchXml=xml))[:2] == (400, code), inside[:200]
    for xml, code in {
        "": "0x80060888",
        "<fetch>": "0x80060888",
        "<fetch/>": "0x80060888",
        "<entity name='account'/>": "0x80060888",
        f'<!DOCTYPE x [<!ENTITY a "b">]><fetch><entity name="account">{column}&a;</entity></fetch>': "0x80060888",
        '<fetch><entity name="contact"/></fetch>': "0x80060888",
        '<fetch top="2" page="2"><entity name="account"/></fetch>': "0x80060888",
        '<fetch count="many"><entity name="account"/></fetch>': "0x80060888",
        '<fetch paging-cookie="forged"><entity name="account"/></fetch>': "0x80060888",
        f'<fetch aggregate="true"><entity name="account">{column}</entity></fetch>': "0x80060888",
        '<fetch aggregate="true"><entity name="account"><attribute name="name" alias="a" aggregate="sum"/>'
        "</entity></fetch>": "0x80060888",
    }.items():
        assert (await refused(crm, fetchXml=xml))[:2] == (400, code), xml


async def refused(crm, **query: str) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    answer = await crm.http.get(
        "accounts", params={name.replace("apply", "$apply"): text for name, text in query.items()}
    )
    assert answer.status_code >= 400, answer.text
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


@pytest.mark.usefixtures("deals")
async def test_select_statements(crm) -> None:
    """Columns, conditions, joins, groups and limits of the SQL that the vendor answers; keywords in any case."""
    for sql, rows in {
        "SELECT name FROM account ORDER BY name": ["Alder", "birch 100%", "Cedar", "Ébène"],
        "select top 2 name from account order by name desc": ["Ébène", "Cedar"],
        "SELECT name FROM account ORDER BY name LIMIT 2 OFFSET 1": ["birch 100%", "Cedar"],
        "SELECT name FROM account ORDER BY name OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY": ["birch 100%", "Cedar"],
        "SELECT name AS n FROM account WHERE revenue > 100 AND name LIKE 'b%'": ["birch 100%"],
        "SELECT [name] FROM account a WHERE a.name = N'alder' OR a.revenue IS NULL ORDER BY name": ["Alder", "Ébène"],
        "SELECT name FROM account WHERE NOT (revenue > 100) ORDER BY name": ["Cedar"],
        "SELECT name FROM account WHERE numberofemployees <> 3 ORDER BY name;": ["birch 100%", "Ébène"],
        "SELECT name FROM account WHERE numberofemployees NOT IN (3, 4) ORDER BY name": ["birch 100%", "Ébène"],
        "SELECT name FROM account WHERE revenue BETWEEN 0 AND 150.5 ORDER BY name": ["Alder", "Cedar"],
        "SELECT name FROM account WHERE name NOT LIKE '%e%' AND createdon >= '2026-01-01'": ["birch 100%"],
        "SELECT a.name, c.fullname FROM account AS a JOIN contact AS c ON a.primarycontactid = c.contactid"
        " WHERE c.firstname = 'ake'": ["birch 100%"],
        "SELECT a.name FROM account a LEFT JOIN contact c ON c.contactid = a.primarycontactid"
        " WHERE c.contactid IS NULL ORDER BY a.name": ["Cedar", "Ébène"],
    }.items():
        found = (await asked(crm, sql=sql))["value"]
        assert [row.get("name") or row["n"] for row in found] == rows, sql
    joined = "SELECT a.name, c.fullname FROM account a JOIN contact c ON a.primarycontactid = c.contactid"
    joined += " ORDER BY c.fullname"
    assert [row["fullname"] for row in (await asked(crm, sql=joined))["value"]] == ["Åke Lind", "Zoe Lind"]
    assert len((await asked(crm, sql="SELECT * FROM account WHERE name = 'Alder'"))["value"][0]) > 100
    counted = "SELECT numberofemployees AS staff, COUNT(*) AS n, SUM(revenue) AS total FROM account"
    rows = (await asked(crm, sql=f"{counted} GROUP BY numberofemployees ORDER BY n DESC, staff"))["value"]
    assert [(row["staff"], row["n"], row["total"]) for row in rows] == [(5, 2, 200.2), (None, 1, 0.3), (3, 1, 100.1)]
    assert (await asked(crm, sql="SELECT COUNT(DISTINCT numberofemployees) AS n FROM account"))["value"] == [{"n": 2}]
    distinct = (await asked(crm, sql="SELECT DISTINCT statecode FROM account"))["value"]
    assert distinct == [{"statecode": 0}]


@pytest.mark.usefixtures("deals")
async def test_select_statements_have_pages(crm) -> None:
    """The next link carries the statement and goes on where the page ended."""
    names, url, params = [], "accounts", {"sql": "SELECT name FROM account WHERE name <> 'x' ORDER BY name"}
    while url is not None:
        answer = await crm.http.get(url, params=params, headers={"Prefer": "odata.maxpagesize=3"})
        names += [row["name"] for row in answer.json()["value"]]
        url, params = answer.json().get("@odata.nextLink"), None
    assert names == ["Alder", "birch 100%", "Cedar", "Ébène"]


async def test_other_statements_are_refused(crm) -> None:
    """Nothing but one SELECT of known tables and columns is read, and none of its text is run."""
    for sql, code in {
        "DELETE FROM account": "0x80060888",
        "SELECT name FROM account; DROP TABLE account": "0x80060888",
        "SELECT name FROM account UNION SELECT name FROM team": "0x80060888",
        "SELECT name FROM (SELECT name FROM account)": "0x80060888",
        "SELECT sqlite_version() FROM account": "0x80060888",
        "SELECT name FROM account -- x": "0x80060888",
        "SELECT name FROM sqlite_master": "0x80060888",
        "SELECT nosuch FROM account": "0x80041103",
        "SELECT name FROM account WHERE nosuch = 1": "0x80041103",
        "SELECT x.name FROM account": "0x80060888",
        "SELECT name FROM account WHERE name = 'it's'": "0x80060888",
        "SELECT name, COUNT(*) FROM account": "0x80060888",
        "SELECT name FROM account a JOIN contact a ON a.x = a.y": "0x80060888",
        "SELECT name FROM account a JOIN nosuch n ON a.name = n.name": "0x80041102",
        "SELECT name FROM account WHERE " + " AND ".join(["name = 'x'"] * 501): "0x80060888",
        "SELECT name FROM account WHERE " + "(" * 150 + "name = 'x'" + ")" * 150: "",
        "SELECT name FROM account WHERE " + "NOT " * 150 + "name = 'x'": "0x80060888",
    }.items():
        answer = await crm.http.get("accounts", params={"sql": sql})
        assert answer.json().get("error", {"code": ""})["code"] == code, sql[:200]
    harmless = "SELECT name FROM account WHERE name = 'x'' OR 1=1; DROP TABLE account; --'"
    assert (await asked(crm, sql=harmless))["value"] == []
    assert (await asked(crm, sql='SELECT name AS "; DROP TABLE account --" FROM account'))["value"] == []
    assert (await crm.get("accounts"))["value"] == []


@pytest.mark.usefixtures("deals")
async def test_apply_groups_and_aggregates(crm) -> None:
    """Groups by columns and by columns of a lookup's row, with and without aggregates, after filters, in an order."""
    grouped = "groupby((numberofemployees),aggregate(revenue with sum as total,$count as n))"
    answer = await crm.http.get("accounts", params={"$apply": grouped, "$orderby": "n desc,total"})
    rows = answer.json()["value"]
    assert [(row["numberofemployees"], row["n"], row["total"]) for row in rows] == [
        (5, 2, 200.2),
        (None, 1, 0.3),
        (3, 1, 100.1),
    ]
    functions = "revenue with average as a,revenue with min as b,revenue with max as c,name with countdistinct as d"
    one = (await asked(crm, apply=f"filter(numberofemployees ne null)/aggregate({functions})"))["value"]
    assert one == [{"a": 150.15, "b": 100.1, "c": 200.2, "d": 3}]
    related = (await asked(crm, apply="groupby((primarycontactid/firstname,statecode))"))["value"]
    assert {(row["primarycontactid"]["firstname"], row["statecode"]) for row in related} == {
        ("Zoe", 0),
        ("Åke", 0),
        (None, 0),
    }
    lookups = (await asked(crm, apply="groupby((_primarycontactid_value),aggregate($count as n))"))["value"]
    assert sum(row["n"] for row in lookups) == 4
    through = "filter(primarycontactid/firstname eq 'zoe')/aggregate($count as n)"
    assert (await asked(crm, apply=through))["value"] == [{"n": 1}]


async def test_apply_that_cannot_be_is_refused(crm) -> None:
    """Unknown transformations, methods and columns, and options that do not go with it."""
    for text, code in {
        "": "0x80060888",
        "topcount(1,revenue)": "0x80060888",
        "groupby(name)": "0x80060888",
        "groupby((name),filter(name eq 'x'))": "0x80060888",
        "groupby((nosuch))": "0x0",
        "groupby((nosuch/name))": "0x0",
        "aggregate(nosuch with sum as t)": "0x0",
        "aggregate(revenue with median as t)": "0x80060888",
        "aggregate(revenue as t)": "0x80060888",
        "filter(name eq 'x')": "0x80060888",
        "groupby((name))/groupby((name))": "0x80060888",
    }.items():
        assert (await refused(crm, apply=text))[:2] == (400, code), text
    assert (await refused(crm, apply="groupby((name))", **{"$select": "name"}))[:2] == (400, "0x80060888")
    assert (await refused(crm, apply="groupby((name))", **{"$orderby": "revenue"}))[:2] == (400, "0x0")
