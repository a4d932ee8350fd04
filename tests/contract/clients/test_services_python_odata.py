"""`python-odata`, unmodified, against the published web services of the sandbox ERP, and the schemas of OASIS."""

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
import uvicorn
import xmlschema
from odata import ODataService
from odata.flags import ODataServerFlags

from crosstie_sandbox.businesscentral.app import create_app
from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.token import Credentials, Person

KEY = ("ERPUSER", "k" * 44)
ADMINISTRATOR = Person("oid-1", "ada@people.example", "Ada", "Lindqvist", "ada-secret", is_administrator=True)
SCHEMA = Path(__file__).parent.parent / "csdl" / "edmx.xsd"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[str]:
    """The address of web services on a real socket, published by an administrator's call."""
    numbers = count(1)
    app = create_app(
        tmp_path / "erp.sqlite",
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
        ids=lambda: UUID(int=next(numbers) << 64 | 1 << 63),
        credentials=Credentials("app-1", "secret-1", *KEY, people=(ADMINISTRATOR,)),
        settings=Settings(),
    )
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = uvicorn.Server(uvicorn.Config(app, ws="none", lifespan="off", log_level="warning"))
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        site = f"http://127.0.0.1:{bound.getsockname()[1]}"
        person = (ADMINISTRATOR.address, ADMINISTRATOR.password)
        httpx2.post(f"{site}/sandbox/web-services", json={"publish": "all"}, auth=person).raise_for_status()
        yield f"{site}/ODataV4"
        server.should_exit = True
        thread.join()
    app.state.close()


def test_metadata_is_valid(services: str) -> None:
    """`$metadata` keeps to the schemas of OASIS and describes every entity set of the service document."""
    found = httpx2.get(f"{services}/$metadata", auth=KEY)
    schema = xmlschema.XMLSchema(str(SCHEMA))
    assert [str(error) for error in schema.iter_errors(found.text)] == []
    names = {entry["name"] for entry in httpx2.get(services, auth=KEY).json()["value"]}
    elements = xmlschema.XMLResource(found.text).root.iter()
    described = {element.get("Name") for element in elements if element.tag.endswith("EntitySet")}
    assert described == names
    assert len(names) > 15


def test_a_stranger_reads_and_writes(services: str) -> None:
    """The client learns the services from `$metadata`, creates, queries, changes and deletes under natural keys."""
    flags = ODataServerFlags(skip_null_properties=True, provide_odata_type_annotation=False)
    company = f"{services}/Company('Crosstie%20Trading')/"
    client = ODataService(company, auth=KEY, quiet_progress=True, server_flags=flags)
    client.metadata.url = f"{services}/$metadata"
    _, entities, _ = client.metadata.get_entity_sets(base=client.Entity)
    card, address = entities["CustomerCard"], entities["ShipToAddresses"]
    for number, name in (("K1", "Alpine AG"), ("K2", "O'Neill")):
        customer = card()
        customer.No, customer.Name, customer.Fax_No = number, name, "+41 1"
        client.save(customer)
    found = client.query(card).filter(card.Name == "O'Neill").first()
    assert (found.No, found.Fax_No, found.Blocked) == ("K2", "+41 1", " ")
    found.Name = "O'Neill & Co"
    client.default_context.save(found, extra_headers={"If-Match": "*"})
    assert [row.Name for row in client.query(card).order_by(card.No.desc())] == ["O'Neill & Co", "Alpine AG"]
    place = address()
    place.Customer_No, place.Code = "K2", "LAGER"
    client.save(place)
    [only] = list(client.query(address))
    assert (only.Name, only.Customer_No) == ("O'Neill & Co", "K2")
    client.delete(only)
    assert list(client.query(address)) == []
