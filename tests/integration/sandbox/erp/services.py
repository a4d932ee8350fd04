"""Web services of a sandbox ERP as a client sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

from crosstie_sandbox.businesscentral.webservices.publishing import needed_by_integration, publish_all

from .client import Erp

SERVICES = "http://erp.example/ODataV4"
COMPANY = f"{SERVICES}/Company('Crosstie%20Trading')"


@dataclass
class Services:
    """Published services; `erp` is the same company through its API."""

    erp: Erp

    @property
    def http(self) -> httpx2.AsyncClient:
        """The client that is signed in."""
        return self.erp.http

    def publish(self, numbers: Sequence[int] = ()) -> None:
        """Publish pages, by themselves all that the integration needs."""
        publish_all(self.erp.database, numbers or needed_by_integration())

    async def get(self, path: str) -> dict[str, object]:
        """Read a record or a set of the company."""
        answer = await self.http.get(f"{COMPANY}/{path}")
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found

    async def all(self, path: str) -> list[dict[str, object]]:
        """The rows of a set."""
        rows = (await self.get(path))["value"]
        assert isinstance(rows, list)
        return rows

    async def post(self, path: str, **fields: object) -> dict[str, object]:
        """Create a record."""
        answer = await self.http.post(f"{COMPANY}/{path}", json=fields)
        assert answer.status_code == 201, answer.text
        created: dict[str, object] = answer.json()
        return created

    async def patch(self, path: str, etag: object = "*", **fields: object) -> httpx2.Response:
        """Change a record."""
        return await self.http.patch(f"{COMPANY}/{path}", json=fields, headers={"If-Match": str(etag)})
