"""Carries notifications to their receivers in the background, one at a time for each subscription and in order.

Changes wait for a while (thirty seconds with the vendor), so that many of one record are told as one. Only no answer,
408, 429 and the 500s are tried again, after longer and longer pauses; any other refusal ends the subscription.
What waits is in the database and is taken up again when the server is started again.
"""

import asyncio
from http import HTTPStatus

import httpx2

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.subscriptions import store
from crosstie_sandbox.businesscentral.subscriptions.changes import Change, entity_sets_with_changes, take_changes
from crosstie_sandbox.businesscentral.subscriptions.store import Subscription
from crosstie_sandbox.odata.answer import dumps

_SECONDS_TO_ANSWER = 30
_MOST_AT_ONCE = 100
_TRIED_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_SERVER_FAULT = 500


class Courier:
    """Runs while there is something to tell and sleeps otherwise."""

    def __init__(self, database: Database, delay_seconds: float) -> None:
        self.database = database
        self.delay_seconds = delay_seconds
        self.settings = database.settings
        self._collecting: asyncio.Task[None] | None = None
        self._ways: dict[str, asyncio.Task[None]] = {}
        with database.transaction():
            store.watch(database)
        database.has_news = bool(entity_sets_with_changes(database) or self._waiting())

    def wake(self) -> None:
        """See to it that what is new will be told; cheap when there is nothing."""
        if self.database.has_news and (self._collecting is None or self._collecting.done()):
            self.database.has_news = False
            self._collecting = asyncio.get_running_loop().create_task(self._collect())

    async def rest(self) -> None:
        """Wait until all that is to be told now is told, or given up."""
        while self._collecting is not None or not all(task.done() for task in self._ways.values()):
            await asyncio.gather(*filter(None, (self._collecting, *self._ways.values())))

    def stop(self) -> None:
        """Leave the rest for the next start."""
        for task in (self._collecting, *self._ways.values()):
            if task is not None:
                task.cancel()

    def _waiting(self) -> list[str]:
        found = self.database.connection.execute("SELECT DISTINCT subscriptionId FROM webhookOutbox")
        return [str(row[0]) for row in found.fetchall()]

    async def _collect(self) -> None:
        await asyncio.sleep(self.delay_seconds)
        with self.database.transaction():
            self._write_notifications()
        for identity in self._waiting():
            if identity not in self._ways or self._ways[identity].done():
                self._ways[identity] = asyncio.get_running_loop().create_task(self._deliver(identity))
        self._ways = {identity: task for identity, task in self._ways.items() if not task.done()}
        self._collecting = None
        self.wake()

    def _write_notifications(self) -> None:
        subscribed = store.subscriptions(self.database)
        for entity_set in entity_sets_with_changes(self.database):
            changes = take_changes(self.database, entity_set, self.settings.webhook_most_changes)
            for subscription in subscribed:
                if subscription.entity_set == entity_set:
                    for begin in range(0, len(changes), _MOST_AT_ONCE):
                        body = _notification(subscription, changes[begin : begin + _MOST_AT_ONCE])
                        store.post(self.database, subscription.identity, body)

    async def _deliver(self, identity: str) -> None:
        """Send what waits for a subscription until nothing does, or it is given up."""
        async with httpx2.AsyncClient(timeout=_SECONDS_TO_ANSWER) as http:
            while True:
                subscription = self._subscription(identity)
                waiting = store.first_waiting(self.database, identity)
                if subscription is None or waiting is None:
                    return
                number, body = waiting
                arrived = await self._send(http, subscription.url, body)
                with self.database.transaction():
                    if arrived:
                        store.take_out(self.database, number)
                    else:
                        store.remove(self.database, identity)

    def _subscription(self, identity: str) -> Subscription | None:
        with self.database.transaction():
            found = {subscription.identity: subscription for subscription in store.subscriptions(self.database)}
        return found.get(identity)

    async def _send(self, http: httpx2.AsyncClient, url: str, body: bytes) -> bool:
        """Whether a notification arrived, in the end."""
        for pause in (*self.settings.webhook_pauses, None):
            try:
                reply = await http.post(url, content=body, headers={"Content-Type": "application/json"})
            except httpx2.TransportError:
                pass
            else:
                if reply.is_success:
                    return True
                if reply.status_code not in _TRIED_AGAIN and reply.status_code < _SERVER_FAULT:
                    return False
            if pause is not None:
                await asyncio.sleep(pause)
        return False


def _notification(subscription: Subscription, changes: list[Change]) -> bytes:
    return dumps(
        {
            "value": [
                {
                    "subscriptionId": subscription.identity,
                    "clientState": subscription.client_state,
                    "expirationDateTime": subscription.expires,
                    "resource": _resource(subscription, change),
                    "changeType": change.kind,
                    "lastModifiedDateTime": change.when,
                }
                for change in changes
            ]
        }
    )


def _resource(subscription: Subscription, change: Change) -> str:
    if change.kind == "collection":
        return f"{subscription.resource}?$filter=lastModifiedDateTime ge {change.when}"
    return f"{subscription.resource}({change.identity})"
