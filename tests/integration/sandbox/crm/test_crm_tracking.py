"""Change tracking of the sandbox CRM."""

import pytest

TRACK = "odata.track-changes"


async def everything(crm, url: str, prefer: str) -> tuple[list[dict[str, object]], str]:
    """All entries of a tracked read, and the delta link on its last page."""
    entries, following = [], url
    while True:
        page = await crm.get(following, Prefer=prefer)
        entries += page["value"]
        if "@odata.deltaLink" in page:
            assert "@odata.nextLink" not in page
            return entries, page["@odata.deltaLink"]
        following = page["@odata.nextLink"]


async def test_the_first_read_has_all_rows_in_pages(crm) -> None:
    """Pages are as large as asked, only the last has the delta link, and the header says what was applied."""
    for name in "ABCDE":
        await crm.add("accounts", {"name": name})
    answer = await crm.http.get("accounts?$select=name&$count=true", headers={"Prefer": f"{TRACK},odata.maxpagesize=2"})
    assert answer.headers["Preference-Applied"] == f"odata.maxpagesize=2, {TRACK}"
    assert answer.json()["@odata.count"] == 5
    assert len(answer.json()["value"]) == 2
    entries, link = await everything(crm, "accounts?$select=name", f"{TRACK},odata.maxpagesize=2")
    assert sorted(entry["name"] for entry in entries) == list("ABCDE")
    assert link.startswith("http://crm.example/api/data/v9.2/accounts?$select=name&$deltatoken=")
    assert link.endswith("%2101%2F02%2F2026%2003%3A04%3A05")


async def test_a_delta_has_each_change_once(crm) -> None:
    """Created and changed rows come first with current values, then deletions, those of short-lived rows included."""
    rows = {name: (await crm.add("accounts", {"name": name}))["accountid"] for name in "ABC"}
    _, link = await everything(crm, "accounts?$select=name", TRACK)
    for fax in "12":
        await crm.http.patch(f"accounts({rows['A']})", json={"fax": fax})
    await crm.http.delete(f"accounts({rows['B']})")
    new = await crm.add("accounts", {"name": "D"})
    short = await crm.add("accounts", {"name": "E"})
    await crm.http.delete(f"accounts({short['accountid']})")
    count = await crm.http.get(link.replace("accounts?", "accounts/$count?").replace("$select=name&", ""))
    assert count.text == "4"
    page = await crm.get(link)
    assert page["@odata.context"] == "http://crm.example/api/data/v9.2/$metadata#accounts(name)/$delta"
    assert [entry.get("name") for entry in page["value"]] == ["A", "D", None, None]
    assert page["value"][1]["accountid"] == new["accountid"]
    assert page["value"][2] == {
        "@odata.context": "http://crm.example/api/data/v9.2/$metadata#accounts/$deletedEntity",
        "id": rows["B"],
        "reason": "deleted",
    }
    assert page["value"][3]["id"] == short["accountid"]
    again = await crm.get(page["@odata.deltaLink"])
    assert again["value"] == []


async def test_a_row_made_anew_is_not_deleted(crm) -> None:
    """A row deleted and created again with the same id is reported as it is now."""
    row = await crm.add("accounts", {"name": "A"})
    _, link = await everything(crm, "accounts?$select=name", TRACK)
    await crm.http.delete(f"accounts({row['accountid']})")
    await crm.http.patch(f"accounts({row['accountid']})", json={"name": "B"})
    entries, _ = await everything(crm, link, TRACK)
    assert [entry.get("name") for entry in entries] == ["B"]


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_nothing_falls_between_the_pages(crm, size) -> None:
    """Writes between two pages of a tracked read are in that read or in the next one, deletions never lost."""
    ids = [(await crm.add("accounts", {"name": f"{number}"}))["accountid"] for number in range(5)]
    known: dict[str, str] = {}

    def apply(entries: list[dict[str, str]]) -> None:
        for entry in entries:
            if entry.get("reason") == "deleted":
                known.pop(entry["id"], None)
            else:
                known[entry["accountid"]] = entry["name"]

    prefer, following, step, link = f"{TRACK},odata.maxpagesize={size}", "accounts?$select=name", 0, ""
    for _ in range(3):
        while True:
            page = await crm.get(following, Prefer=prefer)
            apply(page["value"])
            step += 1
            await crm.http.patch(f"accounts({ids[step % 5]})", json={"name": f"changed {step}"})
            if step % 3 == 0:
                await crm.http.delete(f"accounts({ids[(step + 1) % 5]})")
            if step % 4 == 0:
                await crm.add("accounts", {"name": f"new {step}"})
            if "@odata.deltaLink" in page:
                following = link = page["@odata.deltaLink"]
                break
            following = page["@odata.nextLink"]
    last, _ = await everything(crm, link, prefer)
    apply(last)
    rows = (await crm.get("accounts?$select=name"))["value"]
    assert known == {row["accountid"]: row["name"] for row in rows}


@pytest.mark.parametrize("option", ["$filter=statecode eq 0", "$orderby=name", "$expand=owninguser", "$top=1"])
async def test_other_options_are_refused(crm, option) -> None:
    """A tracked read takes $select and $count only."""
    name = option.partition("=")[0]
    assert await crm.refused("GET", f"accounts?{option}", Prefer=TRACK) == (
        400,
        "0x80060888",
        f'The "{name}" query parameter isn\'t supported when Change Tracking is enabled.',
    )


async def test_a_token_expires(crm) -> None:
    """After organization.expirechangetrackingindays the token is refused, and a token from nowhere too."""
    organization = (await crm.get("organizations"))["value"][0]
    url = f"organizations({organization['organizationid']})"
    await crm.http.patch(url, json={"expirechangetrackingindays": 2})
    await crm.add("accounts", {"name": "A"})
    _, link = await everything(crm, "accounts", TRACK)
    crm.clock.move(minutes=50)
    assert (await crm.get(link))["value"] == []
    form = {
        "grant_type": "client_credentials",
        "client_id": "0a0a0a0a-0000-4000-8000-000000000001",
        "client_secret": "secret-1",
    }
    crm.clock.move(days=2)
    token = (await crm.http.post("http://crm.example/t/oauth2/v2.0/token", data=form)).json()["access_token"]
    crm.http.headers["Authorization"] = f"Bearer {token}"
    assert (await crm.refused("GET", link))[:2] == (400, "0x80044352")
    assert (await crm.refused("GET", "accounts?$deltatoken=999999!01/04/2026 03:54:05"))[:2] == (400, "0x80044352")
    assert (await crm.refused("GET", "accounts?$deltatoken=forged"))[:2] == (400, "0x80060888")
