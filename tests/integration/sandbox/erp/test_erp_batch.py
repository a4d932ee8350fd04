"""JSON `$batch` of the sandbox ERP."""

from typing import Any

from .client import Erp, Refusal

BATCH = "http://erp.example/api/v2.0/$batch"


async def send(erp: Erp, requests: list[dict[str, object]], **headers: str) -> list[dict[str, Any]]:
    """The responses to a batch."""
    answer = await erp.http.post(BATCH, json={"requests": requests}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["responses"]


async def test_requests_are_answered_in_order(erp: Erp) -> None:
    """Each request has its answer with its id, status, headers and body; later ones see what earlier ones wrote."""
    company = f"companies({erp.company_id})"
    row = await erp.add("customers", displayName="A")
    responses = await send(
        erp,
        [
            {"id": "r1", "method": "POST", "url": f"{company}/customers", "body": {"displayName": "B"}},
            {
                "id": None,
                "method": "PATCH",
                "url": f"{company}/customers({row['id']})",
                "headers": {"If-Match": row["@odata.etag"], "Content-Type": "application/json"},
                "body": {"displayName": "C"},
            },
            {
                "id": "r3",
                "method": "GET",
                "url": f"http://erp.example/api/v2.0/{company}/customers?$select=displayName",
            },
            {"method": "DELETE", "url": f"/api/v2.0/{company}/customers({row['id']})", "headers": {"If-Match": "*"}},
        ],
    )
    assert [response["id"] for response in responses] == ["r1", None, "r3", None]
    assert [response["status"] for response in responses] == [201, 200, 200, 204]
    assert responses[0]["headers"]["content-type"] == "application/json; odata.metadata=minimal"
    assert [found["displayName"] for found in responses[2]["body"]["value"]] == ["C", "B"]
    assert "body" not in responses[3]
    assert [found["displayName"] for found in await erp.all("customers")] == ["B"]


async def test_the_company_may_stand_in_a_header(erp: Erp) -> None:
    """An inner `Company` header, or `?company=` on the batch, chooses the company of a short address."""
    request = {
        "method": "POST",
        "url": "customers",
        "headers": {"Company": "Crosstie Trading"},
        "body": {"displayName": "A"},
    }
    assert [response["status"] for response in await send(erp, [request])] == [201]
    answer = await erp.http.post(
        f"{BATCH}?company={erp.company_id}", json={"requests": [{"method": "GET", "url": "customers"}]}
    )
    assert len(answer.json()["responses"][0]["body"]["value"]) == 1
    nowhere = await send(erp, [{"method": "GET", "url": "customers"}])
    assert nowhere[0]["body"]["error"]["code"] == "Internal_CompanyNotFound"


async def test_a_refused_request_does_not_stop_the_others(erp: Erp) -> None:
    """Each request is a transaction of its own; the batch goes on after an error."""
    company = f"companies({erp.company_id})/customers"
    bodies = [{"displayName": "A"}, {"displayName": ""}, {"displayName": "C"}]
    responses = await send(erp, [{"method": "POST", "url": company, "body": body} for body in bodies])
    assert [response["status"] for response in responses] == [201, 400, 201]
    assert responses[1]["body"]["error"]["code"] == "Application_DialogException"
    assert [row["displayName"] for row in await erp.all("customers")] == ["A", "C"]


async def test_a_snapshot_batch_is_all_or_nothing(erp: Erp) -> None:
    """With `Isolation: snapshot` one refused request undoes the whole batch."""
    company = f"companies({erp.company_id})/customers"
    bodies = [{"displayName": "A"}, {"displayName": ""}, {"displayName": "C"}]
    requests = [{"method": "POST", "url": company, "body": body} for body in bodies]
    responses = await send(erp, requests, Isolation="snapshot")
    assert [response["status"] for response in responses] == [400, 400, 400]
    assert await erp.all("customers") == []
    assert await erp.all("contacts") == []
    kept = await send(erp, requests[:1], Isolation="snapshot")
    assert [response["status"] for response in kept] == [201]
    assert len(await erp.all("customers")) == 1


async def test_more_than_a_hundred_operations_are_refused(erp: Erp, refusal: Refusal) -> None:
    """A batch of 101 is refused as a whole and nothing of it is carried out."""
    request = {"method": "POST", "url": f"companies({erp.company_id})/customers", "body": {"displayName": "A"}}
    answer = await erp.http.post(BATCH, json={"requests": [request] * 101})
    assert refusal(answer)[:2] == (400, "BadRequest")
    assert await erp.all("customers") == []
    assert len(await send(erp, [request] * 100)) == 100


async def test_a_malformed_batch_is_refused(erp: Erp, refusal: Refusal) -> None:
    """A body that is no batch is a bad request."""
    for body in ({}, {"requests": 1}, {"requests": [1]}, {"requests": [{"url": "customers"}]}):
        assert refusal(await erp.http.post(BATCH, json=body))[:2] == (400, "BadRequest")


async def test_counters_tell_requests_from_operations(erp: Erp) -> None:
    """The statistics count HTTP requests, and within batches each operation by its kind."""
    company = f"companies({erp.company_id})/customers"
    read = {"method": "GET", "url": company}
    write = {"method": "POST", "url": company, "body": {"displayName": "A"}}
    await send(erp, [read, write, write])
    await erp.get("customers")
    counted = (await erp.http.get("http://erp.example/sandbox/stats")).json()
    assert counted == {"requests": 2, "operations": 4, "writes": 2, "reads": 2}
