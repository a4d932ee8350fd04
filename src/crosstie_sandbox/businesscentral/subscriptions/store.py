"""Subscriptions and the notifications that wait to be sent, in the database of the company."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import bad_request, no_row
from crosstie_sandbox.businesscentral.etags import check_etag, etag
from crosstie_sandbox.businesscentral.page import pages
from crosstie_sandbox.businesscentral.values import date_time_text

LIFETIME = timedelta(days=3)
MOST_SUBSCRIPTIONS = 200
_COLUMNS = (
    "subscriptionId",
    "notificationUrl",
    "resource",
    "entitySet",
    "clientState",
    "userId",
    "expirationDateTime",
    "systemCreatedAt",
    "systemModifiedAt",
    "version",
    "etag",
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told of the changes of which set."""

    identity: str
    url: str
    resource: str
    entity_set: str
    client_state: str
    expires: str


def add(database: Database, user_id: str, given: Mapping[str, str], entity_set: str) -> str:
    """Keep a new subscription of three days; its id."""
    if len(subscriptions(database)) >= MOST_SUBSCRIPTIONS:
        raise bad_request(f"There are {MOST_SUBSCRIPTIONS} webhook subscriptions already, and no more are allowed.")
    identity = database.ids().hex
    row = (
        identity,
        given["notificationUrl"],
        given["resource"],
        entity_set,
        given.get("clientState", ""),
        user_id,
        _expiry(database),
        database.now,
        database.now,
        1,
        etag(identity, 1),
    )
    marks = ", ".join("?" * len(row))
    listed = ", ".join(_COLUMNS)
    database.connection.execute(f"INSERT INTO webhookSubscriptions ({listed}) VALUES ({marks})", row)
    watch(database)
    return identity


def renew(database: Database, identity: str, given: Mapping[str, str], entity_set: str, condition: str) -> None:
    """Let a subscription last three days from now, with what else was given."""
    version = check_version(database, identity, condition) + 1
    database.connection.execute(
        "UPDATE webhookSubscriptions SET notificationUrl = ?, resource = ?, entitySet = ?, clientState = ?, "
        "expirationDateTime = ?, systemModifiedAt = ?, version = ?, etag = ? WHERE subscriptionId = ?",
        (
            given["notificationUrl"],
            given["resource"],
            entity_set,
            given["clientState"],
            _expiry(database),
            database.now,
            version,
            etag(identity, version),
            identity,
        ),
    )
    watch(database)


def check_version(database: Database, identity: str, condition: str) -> int:
    """The version of a subscription that meets a condition; refuses any other."""
    query = "SELECT version, etag FROM webhookSubscriptions WHERE subscriptionId = ?"
    found = database.connection.execute(query, (identity,)).fetchone()
    if found is None:
        raise no_row(pages()["subscriptions"])
    check_etag(found[1], condition)
    return int(found[0])


def remove(database: Database, identity: str) -> None:
    """Forget a subscription and what was to be told to it."""
    for table in ("webhookSubscriptions", "webhookOutbox"):
        database.connection.execute(f"DELETE FROM {table} WHERE subscriptionId = ?", (identity,))
    watch(database)


def forget_expired(database: Database) -> None:
    """Remove the subscriptions whose three days are over."""
    now = date_time_text(database.clock())
    query = "SELECT subscriptionId FROM webhookSubscriptions WHERE expirationDateTime <= ?"
    for row in database.connection.execute(query, (now,)).fetchall():
        remove(database, str(row[0]))


def subscriptions(database: Database) -> list[Subscription]:
    """All subscriptions that have not expired; those that have are forgotten."""
    forget_expired(database)
    found = database.connection.execute(
        "SELECT subscriptionId, notificationUrl, resource, entitySet, clientState, expirationDateTime "
        "FROM webhookSubscriptions ORDER BY rowid"
    )
    return [Subscription(*map(str, row)) for row in found.fetchall()]


def watch(database: Database) -> None:
    """Tell the writes of which sets they must write down changes."""
    found = database.connection.execute("SELECT DISTINCT entitySet FROM webhookSubscriptions")
    database.watched = frozenset(str(row[0]) for row in found.fetchall())


def post(database: Database, identity: str, body: bytes) -> None:
    """Put a notification at the end of what waits for a subscription."""
    database.connection.execute("INSERT INTO webhookOutbox (subscriptionId, body) VALUES (?, ?)", (identity, body))


def first_waiting(database: Database, identity: str) -> tuple[int, bytes] | None:
    """The notification that is to be sent next to a subscription: its number and its body."""
    query = "SELECT number, body FROM webhookOutbox WHERE subscriptionId = ? ORDER BY number LIMIT 1"
    found = database.connection.execute(query, (identity,)).fetchone()
    return None if found is None else (int(found[0]), bytes(found[1]))


def take_out(database: Database, number: int) -> None:
    """A notification has arrived, or is given up."""
    database.connection.execute("DELETE FROM webhookOutbox WHERE number = ?", (number,))


def _expiry(database: Database) -> str:
    return date_time_text(database.clock() + LIFETIME)
