"""Somebody who works in both systems while they are synchronized, and keeps a journal of every edit that was answered.

A field of a pair is edited on one side only, so no edit may ever be lost: e-mails in the ERP; websites, streets and
cities in the CRM; telephones here or there, by the customer. Values are new each time, or, now and then, one that the
field held before: an undo is an edit too. Accounts are created as well, so that the ERP has customers to receive.
"""

import threading
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random  # noqa: TID251 - seeded, and the seed is printed
from typing import Any, Self

import httpx2
from tests.independent_reader import Details, crm_client, erp_client

ERP_EDITS = {"email": "emailaddress1", "phoneNumber": "telephone1"}
CRM_EDITS = {
    "websiteurl": "website",
    "address1_line1": "addressLine1",
    "address1_city": "city",
    "telephone1": "phoneNumber",
}
_UNDO, _CREATE = 0.12, 0.04
_BUSY, _ON_BUSY = 15, 0.3
_PAUSE_S = 0.02


class NoAnswerError(Exception):
    """What came back is none of the system's answers: nobody knows what became of the request."""


@dataclass(slots=True)
class Field:
    """What is known of one field of one customer: what it held, and what may have arrived without an answer."""

    acknowledged: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    def may_hold(self) -> set[str]:
        """The last answered value, or one sent after it whose answer was lost."""
        return {*self.acknowledged[-1:], *self.unanswered}


class Editor:
    """Edits from a thread of its own until it is stopped; waits while the servers are away.

    In bad weather an edit that was answered by something else may have arrived; in good weather it is a failure.
    """

    def __init__(self, details: Details, seed: int, *, in_bad_weather: bool = False) -> None:
        self._details = details
        self._bears = (httpx2.TransportError, NoAnswerError) if in_bad_weather else (httpx2.TransportError,)
        self._chance = Random(f"editor {seed}")  # noqa: S311
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="editor")
        self._failure: BaseException | None = None
        self._serial = 0
        self._numbers: Sequence[str] = ()
        self.fields: dict[tuple[str, str], Field] = {}
        """By customer number and the ERP's name of the field."""
        self.created: set[str] = set()
        """Names of accounts whose creation was answered."""
        self.maybe_created: set[str] = set()
        self.edits = 0

    def __enter__(self) -> Self:
        self._erp, self._crm = erp_client(self._details), crm_client(self._details)
        rows = _rows(self._erp.get("customers?$select=number,blocked"))
        self._numbers = [row["number"] for row in rows if row["blocked"] == "_x0020_"]
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let the edit at hand end; raises what went wrong in the thread."""
        self._stop.set()
        self._thread.join()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _work(self) -> None:
        try:
            with closing(self._erp) as erp, closing(self._crm) as crm:
                while not self._stop.wait(_PAUSE_S):
                    with suppress(*self._bears):
                        self._act(erp, crm)
        except BaseException as failure:  # noqa: BLE001 - told by stop()
            self._failure = failure

    def _act(self, erp: httpx2.Client, crm: httpx2.Client) -> None:
        if self._chance.random() < _CREATE:
            self._create(crm)
        elif self._chance.random() < 0.5:
            self._edit_customer(erp)
        else:
            self._edit_account(crm)

    def _create(self, crm: httpx2.Client) -> None:
        name = f"Neuland Kontor {self._next()}"
        self.maybe_created.add(name)
        _done(crm.post("accounts", json={"name": name, "customertypecode": 3, "address1_city": "Bern"}))
        self.maybe_created.discard(name)
        self.created.add(name)
        self.edits += 1

    def _customer(self) -> str:
        """Many edits fall on a few customers, so that edits, undos and our own writes meet at one record."""
        return self._chance.choice(self._numbers[:_BUSY] if self._chance.random() < _ON_BUSY else self._numbers)

    def _edit_customer(self, erp: httpx2.Client) -> None:
        number = self._customer()
        name = self._chance.choice([one for one in ERP_EDITS if one != "phoneNumber" or _is_erp_phone(number)])
        rows = _rows(erp.get(f"customers?$filter=number eq '{number}'"))
        self._edit(erp, f"customers({rows[0]['id']})", rows[0], number=number, column=name, known_as=name)

    def _edit_account(self, crm: httpx2.Client) -> None:
        number = self._customer()
        column = self._chance.choice([one for one in CRM_EDITS if one != "telephone1" or not _is_erp_phone(number)])
        rows = _rows(crm.get(f"accounts?$filter=accountnumber eq '{number}'"))
        if rows:
            address = f"accounts({rows[0]['accountid']})"
            self._edit(crm, address, rows[0], number=number, column=column, known_as=CRM_EDITS[column])

    def _edit(
        self, client: httpx2.Client, address: str, row: Mapping[str, Any], *, number: str, column: str, known_as: str
    ) -> None:
        """One edit with the version that was read; a stale one is left for another time."""
        journal = self.fields.setdefault((number, known_as), Field())
        value = self._value(column, journal, row[column] or "")
        journal.unanswered.append(value)
        answer = client.patch(address, json={column: value}, headers={"If-Match": row["@odata.etag"]})
        if answer.status_code in {409, 412}:
            journal.unanswered.remove(value)
            return
        _done(answer)
        journal.acknowledged.append(value)
        journal.unanswered.clear()
        self.edits += 1

    def _value(self, column: str, journal: Field, held: str) -> str:
        past = [one for one in journal.acknowledged if one not in {held, ""}]
        if past and self._chance.random() < _UNDO:
            return self._chance.choice(past)
        serial = self._next()
        match column:
            case "email":
                return f"post{serial}@neu.example"
            case "phoneNumber" | "telephone1":
                return f"+41 44 555 {serial:05d}"
            case "websiteurl":
                return f"https://www.neu{serial}.example"
            case _:
                return f"Neugasse {serial}"

    def _next(self) -> int:
        self._serial += 1
        return self._serial


def _rows(answer: httpx2.Response) -> Sequence[Mapping[str, Any]]:
    try:
        rows: Sequence[Mapping[str, Any]] = answer.raise_for_status().json()["value"]
    except (httpx2.HTTPStatusError, ValueError, KeyError, TypeError) as error:
        raise NoAnswerError(answer) from error
    return rows


def _done(answer: httpx2.Response) -> None:
    """See that a write was answered: by nothing but a status, or by the record."""
    try:
        if answer.status_code != HTTPStatus.NO_CONTENT:
            answer.raise_for_status().json()["@odata.etag"]
    except (httpx2.HTTPStatusError, ValueError, KeyError, TypeError) as error:
        raise NoAnswerError(answer) from error


def _is_erp_phone(number: str) -> bool:
    """Whose side a customer's telephone is edited on: by the digits of its number."""
    return sum(map(ord, number)) % 2 == 0
