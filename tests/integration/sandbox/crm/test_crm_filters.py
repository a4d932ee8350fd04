"""Filters of the sandbox CRM that go beyond one row's columns: collections, query functions, parameter aliases."""

import pytest

NAMESPACE = "Microsoft.Dynamics.CRM"


@pytest.fixture
async def firms(crm) -> dict[str, str]:
    """Three accounts made on different days; contacts of the first two; the third has none. Ids by name."""
    ids = {}
    for name, created in {"Old": "2025-11-30T10:00:00Z", "Recent": "2026-01-01T23:00:00Z", "New": None}.items():
        body = {"name": name, **({"overriddencreatedon": created} if created else {})}
        row = await crm.add("accounts", body)
        ids[name] = row["accountid"]
    for firm, first, children in [("Old", "Ada", 2), ("Old", "Bo", 0), ("Recent", "Cy", 2), ("Recent", "Di", None)]:
        body = {
            "firstname": first,
            "lastname": "X",
            "numberofchildren": children,
            "parentcustomerid_account@odata.bind": f"accounts({ids[firm]})",
        }
        await crm.add("contacts", body)
    await crm.http.patch(f"accounts({ids['New']})", json={"parentaccountid@odata.bind": f"accounts({ids['Old']})"})
    return ids


async def found(crm, condition: str, entity_set: str = "accounts", **aliases: str) -> str:
    """The names of the rows that match, sorted."""
    params = {"$filter": condition, **{f"@{name}": text for name, text in aliases.items()}}
    answer = await crm.http.get(entity_set, params=params)
    assert answer.status_code == 200, answer.text
    return " ".join(sorted(row.get("name") or row["firstname"] for row in answer.json()["value"]))


@pytest.mark.usefixtures("firms")
async def test_any_and_all_ask_about_the_rows_of_a_collection(crm) -> None:
    """`all` holds for no rows too; conditions nest, be turned around, and see what stands around them."""
    contacts = "contact_customer_accounts"
    for condition, names in {
        f"{contacts}/any()": "Old Recent",
        f"not {contacts}/any()": "New",
        f"{contacts}/any(c:c/firstname eq 'ADA')": "Old",
        f"{contacts}/all(c:c/numberofchildren eq 2)": "New",
        f"{contacts}/all(c:c/numberofchildren ne 0)": "New Recent",
        f"{contacts}/any(c:c/firstname eq 'Cy' or c/firstname eq 'Bo') and name ne 'Old'": "Recent",
        f"{contacts}/any(c:c/parentcustomerid_account/name eq 'Recent')": "Recent",
        f"account_parent_account/any(a:a/parentaccountid/{contacts}/any(c:c/firstname eq 'Ada'))": "Old",
        f"{contacts}/any(c:c/createdon gt createdon)": "Old Recent",
        f"account_parent_account/any(a:not a/{contacts}/any() and a/createdon gt createdon)": "Old",
        f"parentaccountid/{contacts}/any(c:c/firstname eq 'Ada')": "New",
    }.items():
        assert await found(crm, condition) == names, condition
    inner = f"parentcustomerid_account/{contacts}/any(o:o/numberofchildren gt numberofchildren)"
    assert await found(crm, inner, "contacts") == "Bo"


async def test_quantifiers_that_cannot_be_are_refused(crm) -> None:
    """Unknown collections, lookups, unknown columns of the rows, `all` without a condition."""
    for condition, code in {
        "nosuch/any()": "0x0",
        "primarycontactid/any()": "0x0",
        "contact_customer_accounts/any(c:c/nosuch eq 1)": "0x0",
        "contact_customer_accounts/any(c:d/firstname eq 'x')": "0x0",
        "contact_customer_accounts/any(c:c eq 1)": "0x0",
        "contact_customer_accounts/all()": "0x80060888",
        "contact_customer_accounts/any(c:)": "0x80060888",
        "contact_customer_accounts eq null": "0x0",
    }.items():
        answer = await crm.http.get("accounts", params={"$filter": condition})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), condition


@pytest.mark.usefixtures("firms")
async def test_periods_count_from_the_present(crm) -> None:
    """The present is 2 January 2026 at 03:04:05; periods are whole days, weeks, months and years around it."""
    for function, names in {
        "Today(PropertyName='createdon')": "New",
        "Yesterday(PropertyName='createdon')": "Recent",
        "Tomorrow(PropertyName='createdon')": "",
        "Last7Days(PropertyName='createdon')": "New Recent",
        "ThisWeek(PropertyName='createdon')": "New Recent",
        "LastWeek(PropertyName='createdon')": "",
        "ThisMonth(PropertyName='createdon')": "New Recent",
        "LastMonth(PropertyName='createdon')": "",
        "ThisYear(PropertyName='createdon')": "New Recent",
        "LastYear(PropertyName='createdon')": "Old",
        "LastXHours(PropertyName='createdon',PropertyValue=5)": "New Recent",
        "LastXHours(PropertyName='createdon',PropertyValue='3')": "New",
        "LastXDays(PropertyName='createdon',PropertyValue='33')": "New Old Recent",
        "LastXDays(PropertyName='createdon',PropertyValue='32')": "New Recent",
        "LastXMonths(PropertyName='createdon',PropertyValue=2)": "New Old Recent",
        "LastXWeeks(PropertyName='createdon',PropertyValue=1)": "New Recent",
        "NextXDays(PropertyName='createdon',PropertyValue=3)": "New",
        "OlderThanXDays(PropertyName='createdon',PropertyValue=1)": "Old",
        "OlderThanXMonths(PropertyName='createdon',PropertyValue=1)": "Old",
        "OlderThanXMinutes(PropertyName='createdon',PropertyValue=5)": "Old Recent",
        "OlderThanXYears(PropertyName='createdon',PropertyValue=1)": "",
        "On(PropertyName='createdon',PropertyValue='2026-01-01')": "Recent",
        "NotOn(PropertyName='createdon',PropertyValue='2026-01-01')": "New Old",
        "OnOrAfter(PropertyName='createdon',PropertyValue='2026-01-01')": "New Recent",
        "OnOrBefore(PropertyName='createdon',PropertyValue='2026-01-01T08:00:00Z')": "Old Recent",
    }.items():
        assert await found(crm, f"{NAMESPACE}.{function}") == names, function
        outside = await found(crm, f"not {NAMESPACE}.{function}")
        assert sorted([*names.split(), *outside.split()]) == ["New", "Old", "Recent"], function


async def test_functions_of_values_and_callers(crm, firms) -> None:
    """Lists and ranges of texts, numbers and Guids; who calls; lookups by either name; functions within `any`."""
    user = (await crm.get("WhoAmI"))["UserId"]
    for function, names in {
        f"In(PropertyName='parentaccountid',PropertyValues=[\"{firms['Old']}\"])": "New",
        f"In(PropertyName='_parentaccountid_value',PropertyValues=[\"{firms['Old'].upper()}\"])": "New",
        'Between(PropertyName=\'name\',PropertyValues=["n","o"])': "New",
        "EqualUserId(PropertyName='ownerid')": "New Old Recent",
        "NotEqualUserId(PropertyName='ownerid')": "",
        "EqualBusinessId(PropertyName='owningbusinessunit')": "New Old Recent",
        "NotEqualBusinessId(PropertyName='owningbusinessunit')": "",
        "EqualUserTeams(PropertyName='ownerid')": "",
        "EqualUserOrUserTeams(PropertyName='ownerid')": "New Old Recent",
        f"In(PropertyName='ownerid',PropertyValues=[\"{user}\"])": "New Old Recent",
    }.items():
        assert await found(crm, f"{NAMESPACE}.{function}") == names, function
    inner = f'{NAMESPACE}.In(PropertyName=\'c/numberofchildren\',PropertyValues=["0","7"])'
    assert await found(crm, f"contact_customer_accounts/any(c:{inner})") == "Old"


async def test_functions_with_wrong_arguments_are_refused(crm) -> None:
    """Missing, surplus or unreadable values, columns that are no dates, numbers out of the calendar."""
    for function, code in {
        "LastXDays(PropertyName='createdon')": "0x80040203",
        "LastXDays(PropertyName='createdon',PropertyValue='x')": "0x80040203",
        "LastXDays(PropertyName='createdon',PropertyValue=0)": "0x80040203",
        "LastXYears(PropertyName='createdon',PropertyValue=999999999)": "0x80040203",
        "LastXDays(PropertyName='createdon',PropertyValue=999999999)": "0x80040203",
        "On(PropertyName='createdon',PropertyValue='9999-12-31')": "0x80040203",
        "On(PropertyName='createdon',PropertyValue='soon')": "0x80060888",
        "Today(PropertyName='name')": "0x80060888",
        "Today(PropertyName='nosuch')": "0x0",
        "Today()": "0x80040203",
        "In(PropertyName='name')": "0x80040203",
        "In(PropertyName='name',PropertyValues=[5])": "0x80060888",
        "In(PropertyName='numberofemployees',PropertyValues=[\"five\"])": "0x80040203",
    }.items():
        answer = await crm.http.get("accounts", params={"$filter": f"{NAMESPACE}.{function}"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, code), function


@pytest.mark.usefixtures("firms")
async def test_parameter_aliases(crm) -> None:
    """They stand for values, columns, arrays and sort columns; one that nobody assigns is null."""
    assert await found(crm, "name eq @p1", p1="'Old'") == "Old"
    assert await found(crm, "@p1 eq @p2 or name eq @p3", p1="name", p2="'New'", p3="'Old'") == "New Old"
    assert await found(crm, "parentaccountid/name eq @p1", p1="'Old'") == "New"
    assert await found(crm, "_parentaccountid_value eq @nobody") == "Old Recent"
    function = f"{NAMESPACE}.In(PropertyName=@p1,PropertyValues=@p2)"
    assert await found(crm, function, p1="'name'", p2='["Old","New"]') == "New Old"
    last = f"{NAMESPACE}.LastXHours(PropertyName=@p1,PropertyValue=@p2)"
    assert await found(crm, last, p1="'createdon'", p2="5") == "New Recent"
    page = await crm.get("accounts?$select=name&$orderby=@p1 desc,@p2&@p1=createdon&@p2=name")
    assert [row["name"] for row in page["value"]] == ["New", "Recent", "Old"]
    assert (await crm.refused("GET", "accounts?$filter=name eq @p1&@p1='x"))[:2] == (400, "0x80060888")
