"""Delivers waiting events: each as one POST, a second one if a gateway was in the way, and never a third."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx2

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.webhooks.queue import COMPLETED, FAILED, SUCCEEDED
from crosstie_sandbox.dataverse.webhooks.registration import HEADER, KEY, settings_of
from crosstie_sandbox.dataverse.writing import Writer

TIMEOUT_SECONDS = 60.0
_AT_ONCE = 8
_PASSING = frozenset({502, 503, 504})
"""A gateway's troubles, for which the vendor tries once more."""


@dataclass(frozen=True, slots=True)
class _Delivery:
    """An event on its way."""

    job: str
    url: str
    authtype: int
    secret: str
    auto_delete: bool
    headers: dict[str, str]
    body: bytes


class Courier:
    """Carries events out of the database while the server runs; what waits when it stops waits for the next start."""

    def __init__(self, database: Database, system: Callable[[], Writer]) -> None:
        self._database = database
        self._system = system
        self._round: asyncio.Task[None] | None = None
        self._is_closed = False

    def wake(self) -> None:
        """Deliver what waits, beside everything else; costs one look if nothing does."""
        if (self._round is None or self._round.done()) and not self._is_closed and self._waiting(1):
            self._round = asyncio.get_running_loop().create_task(self._deliver_all())

    async def idle(self) -> None:
        """Wait until all that waited is delivered, or has failed."""
        if self._round is not None:
            await self._round

    def close(self) -> None:
        """Begin nothing more, and leave the database alone."""
        self._is_closed = True
        if self._round is not None:
            with suppress(RuntimeError):  # its loop may have ended
                self._round.cancel()

    async def _deliver_all(self) -> None:
        async with httpx2.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as http:
            while deliveries := self._waiting(_AT_ONCE):
                await asyncio.gather(*(self._deliver(http, one) for one in deliveries))

    def _waiting(self, limit: int) -> list[_Delivery]:
        rows = self._database.execute(_NEXT, (limit,)).fetchall()
        return [_delivery(row) for row in rows]

    async def _deliver(self, http: httpx2.AsyncClient, delivery: _Delivery) -> None:
        retries, trouble = 0, await _post(http, delivery)
        if trouble is not None and trouble[0] in _PASSING:
            retries, trouble = 1, await _post(http, delivery)
        if not self._is_closed:
            self._settle(delivery, retries, None if trouble is None else trouble[1])

    def _settle(self, delivery: _Delivery, retries: int, trouble: str | None) -> None:
        with self._database.transaction():
            self._database.execute("DELETE FROM webhook_delivery WHERE asyncoperationid = ?", (delivery.job,))
            writer, table = self._system(), self._database.schema.tables["asyncoperation"]
            if not writer.exists(table, delivery.job):
                return
            if trouble is None and delivery.auto_delete:
                writer.delete(table, delivery.job)
                return
            now = self._database.now()
            result: Changes = {
                "statecode": COMPLETED,
                "statuscode": SUCCEEDED if trouble is None else FAILED,
                "retrycount": retries,
                "startedon": now,
                "completedon": now,
                "message": trouble,
                "friendlymessage": trouble and trouble[:5000],
            }
            writer.update(table, delivery.job, result)


async def _post(http: httpx2.AsyncClient, delivery: _Delivery) -> tuple[int, str] | None:
    """None if it was accepted, or the status, 0 for none, and what went wrong."""
    headers, query = dict(delivery.headers), {}
    if delivery.secret and delivery.authtype == KEY:
        query = {"code": delivery.secret}
    elif delivery.secret and delivery.authtype == HEADER:
        headers |= settings_of(delivery.secret)
    elif delivery.secret:
        query = settings_of(delivery.secret)
    try:
        url = httpx2.URL(delivery.url)
        answer = await http.post(url.copy_merge_params(query), content=delivery.body, headers=headers)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        return 0, f"The webhook call failed: {type(error).__name__}: {error}"
    if answer.is_success:
        return None
    return answer.status_code, f"The webhook call failed because the http response code is {answer.status_code}."


def _delivery(row: tuple[Any, ...]) -> _Delivery:
    job, url, authtype, secret, auto_delete, message, table, organization, correlation, request, exceeded, body = row
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "x-request-id": request,
        "x-ms-dynamics-organization": organization,
        "x-ms-dynamics-entity-name": table,
        "x-ms-dynamics-request-name": message,
        "x-ms-correlation-request-id": correlation,
    }
    if exceeded:
        headers["x-ms-dynamics-msg-size-exceeded"] = "true"
    return _Delivery(
        job, str(url or ""), int(authtype or 0), str(secret or ""), bool(auto_delete), headers, bytes(body)
    )


_NEXT = """
SELECT waiting.asyncoperationid, endpoint.url, endpoint.authtype, secret.value, waiting.auto_delete, waiting.message,
waiting.table_name, waiting.organization, waiting.correlation, waiting.request, waiting.exceeded, waiting.body
FROM webhook_delivery AS waiting
LEFT JOIN main.serviceendpoint AS endpoint ON endpoint.serviceendpointid = waiting.serviceendpointid
LEFT JOIN webhook_secret AS secret ON secret.serviceendpointid = waiting.serviceendpointid
ORDER BY waiting.rowid LIMIT ?
"""
