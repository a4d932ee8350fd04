"""The service that the ERP's tables are held against: the sandbox in this process, or a real environment.

The real one is named by CROSSTIE_LIVE_ERP_URL (with `/api/v2.0` at its end), CROSSTIE_LIVE_ERP_TOKEN_URL,
CROSSTIE_LIVE_ERP_CLIENT_ID, CROSSTIE_LIVE_ERP_CLIENT_SECRET and CROSSTIE_LIVE_ERP_COMPANY_ID. Customers are made there
under a name of their own, and deleted again.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus
from uuid import uuid4  # noqa: TID251 - a tenant that others use needs ids of its own

import httpx2

from crosstie_sandbox.businesscentral.app import create_app
from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.token import Credentials

CREDENTIALS = Credentials("0a0a0a0a-0000-4000-8000-000000000001", "secret-1")
SCOPE = "https://api.businesscentral.dynamics.com/.default"
MARKER = "Crosstie behaviour test"


@dataclass(frozen=True)
class ErpTarget:
    """A company with one customer of ours; `http` is signed in and points at the company."""

    http: httpx2.AsyncClient
    words: dict[str, str]
    """What the placeholders of the tables stand for."""

    def filled(self, text: str) -> str:
        """A text with its placeholders replaced."""
        for name, value in self.words.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@asynccontextmanager
async def sandbox(folder: Path) -> AsyncIterator[ErpTarget]:
    """A fresh sandbox ERP."""
    app = create_app(
        folder / "erp.sqlite",
        clock=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        ids=uuid4,
        credentials=CREDENTIALS,
        settings=Settings(),
    )
    origin, company = "http://erp.example", app.state.database.company_id
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport) as http:
        await _sign_in(http, f"{origin}/tenant/oauth2/v2.0/token", CREDENTIALS)
        async with _with_customer(http, origin, f"{origin}/api/v2.0", company) as target:
            yield target
    app.state.close()


@asynccontextmanager
async def live(folder: Path) -> AsyncIterator[ErpTarget]:
    """The environment that the variables name."""
    del folder
    words = ("URL", "TOKEN_URL", "CLIENT_ID", "CLIENT_SECRET", "COMPANY_ID")
    named = {name: os.environ[f"CROSSTIE_LIVE_ERP_{name}"] for name in words}
    root = named["URL"].rstrip("/")
    origin = "/".join(root.split("/")[:3])
    async with httpx2.AsyncClient(timeout=60) as http:
        await _sign_in(http, named["TOKEN_URL"], Credentials(named["CLIENT_ID"], named["CLIENT_SECRET"]))
        async with _with_customer(http, origin, root, named["COMPANY_ID"]) as target:
            yield target


async def _sign_in(http: httpx2.AsyncClient, url: str, credentials: Credentials) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials.client_id,
        "client_secret": credentials.client_secret,
        "scope": SCOPE,
    }
    answer = await http.post(url, data=form)
    assert answer.status_code == 200, answer.text
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


@asynccontextmanager
async def _with_customer(http: httpx2.AsyncClient, origin: str, root: str, company: str) -> AsyncIterator[ErpTarget]:
    """The company with a customer that is removed in the end, and whatever else is called like it."""
    http.base_url = httpx2.URL(f"{root}/companies({company})/")
    made = await http.post("customers", json={"displayName": MARKER})
    assert made.status_code == 201, made.text
    customer = made.json()
    name = next(one["name"] for one in (await http.get(f"{root}/companies")).json()["value"] if one["id"] == company)
    words = {"origin": origin, "root": root, "company": company, "name": quote_plus(name)}
    words |= {"customer": customer["id"], "number": customer["number"], "etag": customer["@odata.etag"]}
    try:
        yield ErpTarget(http, words)
    finally:
        left = await http.get("customers", params={"$filter": f"displayName eq '{MARKER}'", "$select": "id"})
        for row in left.json()["value"]:
            await http.delete(f"customers({row['id']})")
