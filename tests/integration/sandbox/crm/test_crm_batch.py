"""`$batch` and the bulk actions of the sandbox CRM."""

import json

import pytest

OWN_ID = "11111111-2222-4333-8444-555555555555"


def statuses(answer) -> list[int]:
    """The status of each inner answer, in order."""
    return [int(line.split(" ")[1]) for line in answer.text.splitlines() if line.startswith("HTTP/1.1 ")]


async def test_requests_are_carried_out_in_order(crm, inner) -> None:
    """Absolute, rooted and relative addresses all work, and later requests see what earlier ones wrote."""
    answer = await crm.batch(
        inner("POST", "/api/data/v9.2/accounts", '{"name":"A"}'),
        inner(
            "POST",
            "http://crm.example/api/data/v9.2/accounts?$select=name",
            '{"name":"Bö"}',
            headers={"Prefer": "return=representation"},
        ),
        inner("GET", "accounts/$count"),
        inner("PATCH", f"accounts({OWN_ID})", '{"name":"C"}'),
        inner("DELETE", f"/accounts({OWN_ID})"),
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=batchresponse_")
    assert statuses(answer) == [204, 201, 200, 204, 204]
    assert '"name":"Bö"' in answer.text
    assert "\r\n\r\n2\r\n" in answer.text
    assert sorted(await crm.names("accounts")) == ["A", "Bö"]


async def test_a_batch_ends_at_the_first_refusal(crm, inner) -> None:
    """Its status is the refusal's, what came before is kept, what comes after is not carried out."""
    answer = await crm.batch(
        inner("POST", "accounts", '{"name":"A"}'),
        inner("POST", "accounts", '{"nosuch":1}'),
        inner("POST", "accounts", '{"name":"C"}'),
    )
    assert answer.status_code == 400
    assert statuses(answer) == [204, 400]
    assert await crm.names("accounts") == ["A"]


async def test_a_batch_can_go_on_after_a_refusal(crm, inner) -> None:
    """With odata.continue-on-error every request is carried out and the batch is 200."""
    parts = [inner("POST", "accounts", body) for body in ('{"name":"A"}', '{"nosuch":1}', '{"name":"C"}')]
    answer = await crm.batch(
        *parts, [inner("PATCH", f"accounts({OWN_ID})", "{}", "1", {"If-Match": "*"})], Prefer="odata.continue-on-error"
    )
    assert (answer.status_code, statuses(answer)) == (200, [204, 400, 204, 404])
    assert sorted(await crm.names("accounts")) == ["A", "C"]


async def test_a_change_set_is_one_transaction(crm, inner) -> None:
    """Its requests refer to each other by Content-ID, and each answer carries its Content-ID."""
    answer = await crm.batch(
        [
            inner("POST", "accounts", '{"name":"A"}', "1"),
            inner("POST", "contacts", '{"lastname":"L","parentcustomerid_account@odata.bind":"$1"}', "2"),
            inner("PATCH", "$1", '{"primarycontactid@odata.bind":"$2","fax":"7"}', "3"),
        ]
    )
    assert (answer.status_code, statuses(answer)) == (200, [204, 204, 204])
    assert [line for line in answer.text.splitlines() if line.startswith("Content-ID")] == [
        f"Content-ID: {n}" for n in "123"
    ]
    assert "changesetresponse_" in answer.text
    row = (await crm.get("accounts?$expand=primarycontactid"))["value"][0]
    assert (row["fax"], row["primarycontactid"]["lastname"]) == ("7", "L")
    assert row["primarycontactid"]["_parentcustomerid_value"] == row["accountid"]


async def test_a_failed_change_set_leaves_nothing(crm, inner) -> None:
    """One refusal undoes the whole set and is its only answer; versions are not used up; a GET is refused in it."""
    gone = await crm.add("accounts", {"name": "Gone"})
    await crm.http.delete(f"accounts({gone['accountid']})")
    before = gone["versionnumber"]
    bad = [inner("POST", "accounts", '{"name":"A"}', "1"), inner("POST", "accounts", '{"customertypecode":99}', "2")]
    answer = await crm.batch(inner("POST", "accounts", '{"name":"Kept"}'), bad)
    assert (answer.status_code, statuses(answer)) == (400, [204, 400])
    assert "changesetresponse" not in answer.text
    assert "0x8004431a" in answer.text
    reading = await crm.batch([inner("POST", "accounts", '{"name":"A"}', "1"), inner("GET", "accounts", None, "2")])
    assert reading.status_code == 400
    assert await crm.names("accounts") == ["Kept"]
    assert (await crm.add("accounts", {"name": "Next"}))["versionnumber"] <= before + 10


@pytest.mark.parametrize("break_", ["\r\n", "\n"])
@pytest.mark.parametrize("leading", ["", "\r\n"])
async def test_line_breaks_are_read_liberally(crm, break_, leading) -> None:
    """CRLF or LF, with or without a break before the first boundary, bare or quoted boundaries."""
    lines = [
        "--x",
        "Content-Type: application/http",
        "",
        "POST accounts HTTP/1.1",
        "Content-Type: application/json",
        "",
        '{"name":"A"}',
        "--x--",
        "",
    ]
    answer = await crm.http.post(
        "$batch", content=leading + break_.join(lines), headers={"Content-Type": "multipart/mixed;boundary=x"}
    )
    assert (answer.status_code, statuses(answer)) == (200, [204])
    assert await crm.names("accounts") == ["A"]


async def test_batches_that_cannot_be_read_are_refused(crm, inner) -> None:
    """No boundary, another type, a body cut short, a nested batch, over a thousand requests: nothing is written."""
    whole = '--b\r\nContent-Type: application/http\r\n\r\nPOST accounts HTTP/1.1\r\n\r\n{"name":"A"}\r\n'
    for content_type in (
        "multipart/mixed",
        "application/json",
        "multipart/mixed; boundary=b",
        "multipart/mixed; boundary=z",
    ):
        answer = await crm.http.post("$batch", content=whole, headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "0x80060888")
    many = await crm.batch(*[inner("POST", "accounts", '{"name":"A"}')] * 1001)
    assert (many.status_code, many.json()["error"]["code"]) == (400, "0x80060888")
    assert (await crm.batch(inner("POST", "$batch", "{}"))).status_code == 404
    assert await crm.names("accounts") == []


async def test_bulk_actions(crm) -> None:
    """CreateMultiple gives ids in order, UpdateMultiple changes rows, UpsertMultiple does both by key or address."""
    kind = {"@odata.type": "Microsoft.Dynamics.CRM.account"}
    made = await crm.http.post(
        "accounts/Microsoft.Dynamics.CRM.CreateMultiple",
        json={"Targets": [{**kind, "name": "A"}, {**kind, "name": "B"}]},
    )
    assert made.status_code == 200
    assert made.json()["@odata.context"].endswith("#Microsoft.Dynamics.CRM.CreateMultipleResponse")
    first, second = made.json()["Ids"]
    changed = await crm.http.post(
        "accounts/Microsoft.Dynamics.CRM.UpdateMultiple",
        json={"Targets": [{**kind, "accountid": second, "fax": "2"}, {"@odata.id": f"accounts({first})", "fax": "1"}]},
    )
    assert changed.status_code == 204
    upserted = await crm.http.post(
        "accounts/Microsoft.Dynamics.CRM.UpsertMultiple",
        json={"Targets": [{"accountid": first, "name": "A2"}, {"@odata.id": f"/accounts({OWN_ID})", "name": "C"}]},
    )
    assert upserted.status_code == 204
    rows = (await crm.get("accounts?$select=name,fax&$orderby=name"))["value"]
    assert [(row["name"], row["fax"], row["accountid"]) for row in rows] == [
        ("A2", "1", first),
        ("B", "2", second),
        ("C", None, OWN_ID),
    ]


@pytest.mark.parametrize(
    ("action", "targets", "status", "code"),
    [
        ("CreateMultiple", [{"name": "A"}, {"nosuch": 1}], 400, "0x80048d19"),
        ("CreateMultiple", [{"name": "A"}, {"@odata.type": "Microsoft.Dynamics.CRM.contact"}], 400, "0x80040203"),
        ("CreateMultiple", [], 400, "0x80060888"),
        ("UpdateMultiple", [{"accountid": OWN_ID, "name": "A"}], 404, "0x80040217"),
        ("UpsertMultiple", [{"accountid": OWN_ID, "name": "A"}, {"name": "no key"}], 400, "0x80040203"),
        ("DeleteMultiple", [{"accountid": OWN_ID}], 501, "0x80040219"),
        ("NoSuchMultiple", [{"accountid": OWN_ID}], 404, "0x8006088a"),
    ],
)
async def test_bulk_actions_are_all_or_nothing(crm, action, targets, status, code) -> None:
    """One bad target refuses the call and nothing of it is written."""
    refusal = await crm.refused("POST", f"accounts/Microsoft.Dynamics.CRM.{action}", {"Targets": targets})
    assert refusal[:2] == (status, code)
    assert json.dumps(await crm.names("accounts")) == "[]"
