"""Webhooks of the sandbox CRM, delivered to a real HTTP server."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SETTINGS = '<settings><setting name="{name}" value="s3cret" /></settings>'


@dataclass
class Receiver:
    """What arrived, and the statuses that the next requests are answered with."""

    url: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, object]]:
        """The bodies that arrived."""
        return [json.loads(body) for _, _, body in self.requests]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that takes everything down."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}/hook"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


async def register(crm, url: str, message: str, table: str = "account", **step: object) -> dict[str, str]:
    """An endpoint and a step, as a client registers them."""
    endpoint = {"name": "hook", "url": url, "contract": 8, "authtype": 4, "authvalue": "k&y"} | step.pop("endpoint", {})
    found = await crm.add("serviceendpoints", endpoint)
    (kind,) = (await crm.get(f"sdkmessages?$filter=name eq '{message}'"))["value"]
    query = f"primaryobjecttypecode eq '{table}' and sdkmessageid/name eq '{message}'"
    (only,) = (await crm.get(f"sdkmessagefilters?$filter={query}"))["value"]
    body = {
        "name": f"{message} of {table}",
        "mode": 1,
        "rank": 1,
        "stage": 40,
        "supporteddeployment": 0,
        "asyncautodelete": False,
        "sdkmessageid@odata.bind": f"/sdkmessages({kind['sdkmessageid']})",
        "sdkmessagefilterid@odata.bind": f"/sdkmessagefilters({only['sdkmessagefilterid']})",
        "eventhandler_serviceendpoint@odata.bind": f"/serviceendpoints({found['serviceendpointid']})",
    }
    made = await crm.add("sdkmessageprocessingsteps", body | step)
    return {"endpoint": found["serviceendpointid"], "step": made["sdkmessageprocessingstepid"]}


async def jobs(crm) -> list[dict[str, object]]:
    """The system jobs there are, once everything is delivered."""
    await crm.app.state.events_delivered()
    return (await crm.get("asyncoperations?$orderby=createdon"))["value"]


def values(pairs: object) -> dict[str, object]:
    """A list of keys and values."""
    return {pair["key"]: pair["value"] for pair in pairs}


async def test_a_creation_is_told_with_the_vendors_body(crm, receiver) -> None:
    """One POST with key, headers and execution context; the system job is completed; other tables are silent."""
    ids = await register(crm, receiver.url, "Create")
    body = {"name": "Bö", "creditlimit": 2.5, "customertypecode": 3, "donotphone": True}
    made = await crm.add("accounts?tag=echo%20of%20ours", body)
    await crm.add("contacts", {"lastname": "L"})
    (job,) = await jobs(crm)
    ((path, headers, _),) = receiver.requests
    assert path == "/hook?code=k%26y"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["x-ms-dynamics-organization"] == "sandbox"
    assert (headers["x-ms-dynamics-entity-name"], headers["x-ms-dynamics-request-name"]) == ("account", "Create")
    assert headers["x-ms-correlation-request-id"] == headers["x-request-id"]
    (event,) = receiver.bodies
    whoami = await crm.get("WhoAmI")
    assert (event["MessageName"], event["PrimaryEntityName"], event["PrimaryEntityId"]) == (
        "Create",
        "account",
        made["accountid"],
    )
    assert event["UserId"] == event["InitiatingUserId"] == whoami["UserId"]
    assert (event["OrganizationId"], event["BusinessUnitId"]) == (whoami["OrganizationId"], whoami["BusinessUnitId"])
    assert (event["Stage"], event["Mode"], event["Depth"], event["OperationCreatedOn"]) == (
        40,
        1,
        1,
        "/Date(1767323045000)/",
    )
    assert values(event["SharedVariables"]) == {"tag": "echo of ours"}
    assert event["OwningExtension"]["Id"] == ids["step"]
    target = values(event["InputParameters"])["Target"]
    assert target["__type"] == "Entity:http://schemas.microsoft.com/xrm/2011/Contracts"
    assert (target["LogicalName"], target["RowVersion"]) == ("account", str(made["versionnumber"]))
    columns = values(target["Attributes"])
    assert (columns["name"], columns["donotphone"], columns["createdon"]) == ("Bö", True, "/Date(1767323045000)/")
    assert columns["creditlimit"] == {"__type": "Money:http://schemas.microsoft.com/xrm/2011/Contracts", "Value": 2.5}
    assert columns["customertypecode"]["Value"] == 3
    assert columns["ownerid"]["LogicalName"] == "systemuser"
    assert values(target["FormattedValues"])["customertypecode"] == "Customer"
    assert values(event["OutputParameters"]) == {"id": made["accountid"]}
    assert (job["statecode"], job["statuscode"], job["retrycount"], job["message"]) == (3, 30, 0, None)


async def test_a_change_is_told_if_a_column_of_interest_was_given(crm, receiver) -> None:
    """Its target has what was given, its images how the row looked; deletions tell a reference."""
    ids = await register(crm, receiver.url, "Update", filteringattributes="name, fax")
    image = {
        "name": "i",
        "entityalias": "both",
        "imagetype": 2,
        "messagepropertyname": "Target",
        "attributes": "name",
        "sdkmessageprocessingstepid@odata.bind": f"/sdkmessageprocessingsteps({ids['step']})",
    }
    await crm.add("sdkmessageprocessingstepimages", image)
    await register(crm, receiver.url, "Delete", asyncautodelete=True)
    row = f"accounts({(await crm.add('accounts', {'name': 'A'}))['accountid']})"
    await crm.http.patch(row, json={"telephone1": "1"})
    await crm.http.patch(row, json={"name": "B", "telephone1": "2"})
    await crm.http.delete(row)
    (job,) = await jobs(crm)
    assert job["messagename"] == "Update"
    change, deletion = sorted(receiver.bodies, key=lambda body: body["MessageName"], reverse=True)
    given = values(values(change["InputParameters"])["Target"]["Attributes"])
    assert set(given) == {"accountid", "name", "telephone1", "modifiedon", "modifiedby"}
    before, after = values(change["PreEntityImages"])["both"], values(change["PostEntityImages"])["both"]
    assert (values(before["Attributes"])["name"], values(after["Attributes"])["name"]) == ("A", "B")
    assert set(values(before["Attributes"])) == {"accountid", "name"}
    gone = values(deletion["InputParameters"])["Target"]
    assert gone["__type"].startswith("EntityReference:")
    assert (gone["Id"], gone["LogicalName"]) == (deletion["PrimaryEntityId"], "account")


@pytest.mark.parametrize(
    ("statuses", "attempts", "outcome"),
    [
        ([200], 1, 30),
        ([202], 1, 30),
        ([503, 200], 2, 30),
        ([502, 504], 2, 31),
        ([500], 1, 31),
        ([429], 1, 31),
        ([302], 1, 31),
    ],
)
async def test_a_gateways_trouble_gets_one_more_attempt(crm, receiver, statuses, attempts, outcome) -> None:
    """502, 503 and 504 are tried once more; any 2xx is success; all else fails the job, which says why."""
    receiver.statuses = list(statuses)
    await register(crm, receiver.url, "Create")
    await crm.add("accounts", {"name": "A"})
    (job,) = await jobs(crm)
    assert len(receiver.requests) == attempts
    assert (job["statecode"], job["statuscode"], job["retrycount"]) == (3, outcome, attempts - 1)
    assert (job["message"] is None) == (outcome == 30)
    if outcome == 31:
        assert str(statuses[-1]) in job["message"]


async def test_a_receiver_that_is_not_there_fails_the_job(crm) -> None:
    """Nobody listens: the write stands, the job says what happened."""
    await register(crm, "http://127.0.0.1:9/", "Create")
    await crm.add("accounts", {"name": "A"})
    (job,) = await jobs(crm)
    assert (job["statuscode"], "ConnectError" in job["message"]) == (31, True)


async def test_what_was_not_committed_is_not_told(crm, receiver, inner) -> None:
    """A change set that fails tells nothing; one that succeeds tells each of its writes."""
    await register(crm, receiver.url, "Create")
    bad = [inner("POST", "accounts", '{"name":"A"}', "1"), inner("POST", "accounts", '{"nosuch":1}', "2")]
    await crm.batch(bad)
    good = [inner("POST", "accounts", f'{{"name":"{name}"}}', name) for name in "BC"]
    await crm.batch(good)
    assert len(await jobs(crm)) == 2
    names = [values(values(body["InputParameters"])["Target"]["Attributes"])["name"] for body in receiver.bodies]
    assert sorted(names) == ["B", "C"]


async def test_a_large_event_is_told_without_its_content(crm, receiver) -> None:
    """Beyond 256 KB the parameters and images are left out, and a header says so."""
    await register(crm, receiver.url, "Create", table="sdkmessageprocessingstepimage")
    await register(crm, receiver.url, "Update", table="organization")
    organization = (await crm.get("organizations"))["value"][0]["organizationid"]
    await crm.http.patch(f"organizations({organization})", json={"orgdborgsettings": "x" * 99_999})
    await jobs(crm)
    ((_, headers, body),) = receiver.requests
    assert "x-ms-dynamics-msg-size-exceeded" not in headers
    assert len(body) < 256 * 1024
    await crm.http.patch(f"organizations({organization})", json={"orgdborgsettings": "\x01" * 50_000})
    await jobs(crm)
    _, headers, body = receiver.requests[-1]
    assert headers["x-ms-dynamics-msg-size-exceeded"] == "true"
    assert json.loads(body)["InputParameters"] is None
    assert json.loads(body)["PrimaryEntityId"] == organization


@pytest.mark.parametrize(("authtype", "name"), [(5, "x-key"), (6, "sig")])
async def test_the_secret_goes_along_and_never_comes_back(crm, receiver, authtype, name) -> None:
    """As a header or in the address; reading the endpoint tells only that there is one."""
    endpoint = {"authtype": authtype, "authvalue": SETTINGS.format(name=name)}
    ids = await register(crm, receiver.url, "Create", endpoint=endpoint)
    kept = await crm.get(f"serviceendpoints({ids['endpoint']})")
    assert (kept["authvalue"], kept["isauthvalueset"]) == (None, True)
    await crm.add("accounts", {"name": "A"})
    await jobs(crm)
    ((path, headers, _),) = receiver.requests
    assert (headers.get("x-key"), path) == (("s3cret", "/hook") if authtype == 5 else (None, "/hook?sig=s3cret"))


async def test_a_disabled_step_is_silent(crm, receiver) -> None:
    """Disabled it tells nothing, enabled again it does, and with its endpoint it is gone."""
    ids = await register(crm, receiver.url, "Create")
    step = f"sdkmessageprocessingsteps({ids['step']})"
    await crm.http.patch(step, json={"statecode": 1, "statuscode": 2})
    await crm.add("accounts", {"name": "A"})
    assert await jobs(crm) == []
    await crm.http.patch(step, json={"statecode": 0})
    await crm.add("accounts", {"name": "B"})
    assert len(await jobs(crm)) == 1
    await crm.http.delete(f"serviceendpoints({ids['endpoint']})")
    assert (await crm.http.get(step)).status_code == 404
    await crm.add("accounts", {"name": "C"})
    assert len(await jobs(crm)) == 1


@pytest.mark.parametrize(
    ("endpoint", "step"),
    [
        ({"contract": 2}, {}),
        ({"authtype": 7}, {}),
        ({"url": "ftp://host/"}, {}),
        ({"authtype": 5, "authvalue": "no xml"}, {}),
        ({}, {"mode": 0}),
        ({}, {"stage": 20}),
        ({}, {"sdkmessageid@odata.bind": None}),
    ],
)
async def test_what_cannot_be_delivered_is_not_registered(crm, endpoint, step) -> None:
    """Other contracts, secrets of other kinds, other stages and synchronous steps are refused."""
    with pytest.raises(AssertionError, match=r"0x80040203|0x80044189"):
        await register(crm, "http://127.0.0.1:9/", "Create", endpoint=endpoint, **step)


async def test_a_registration_that_was_taken_back_tells_nothing(crm, receiver, inner) -> None:
    """A step of a change set that fails is gone, and the next one is noticed, though both were the next change."""
    ids = await register(crm, receiver.url, "Update", table="contact")
    step = await crm.get(f"sdkmessageprocessingsteps({ids['step']})")
    (kind,) = (await crm.get("sdkmessages?$filter=name eq 'Create'"))["value"]
    body = {name: step[name] for name in ("mode", "rank", "stage")} | {
        "sdkmessageid@odata.bind": f"/sdkmessages({kind['sdkmessageid']})",
        "eventhandler_serviceendpoint@odata.bind": f"/serviceendpoints({ids['endpoint']})",
    }
    bad = [("accounts", {"name": "A"}), ("accounts", {"nosuch": 1})]
    parts = [("sdkmessageprocessingsteps", body | {"name": "taken back"}), *bad]
    await crm.batch([inner("POST", url, json.dumps(given), str(place)) for place, (url, given) in enumerate(parts)])
    await crm.add("sdkmessageprocessingsteps", body | {"name": "kept"})
    await crm.add("accounts", {"name": "B"})
    assert [job["name"] for job in await jobs(crm)] == ["kept"]
