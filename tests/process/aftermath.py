"""What must be so after any ordeal: everything is there once, and every edit is on both sides."""

import sys
from collections.abc import Mapping
from typing import Any

from tests.independent_reader import Systems, compare, writes_of

from .editor import Editor
from .program import Product, Sandbox

_COUNTERPART = {
    "email": "emailaddress1",
    "phoneNumber": "telephone1",
    "website": "websiteurl",
    "addressLine1": "address1_line1",
    "city": "address1_city",
}


def bring_into_step(product: Product, sandbox: Sandbox) -> None:
    """The run that nobody disturbs, one more synchronization, and one that finds nothing left to write."""
    for words in (("full-synch", "start"), ("synch",)):
        said = product.run(*words, "--json")
        assert (said.code, said.json["ok"]) == (0, True), said
    writes = writes_of(sandbox.details)
    again = product.run("synch", "--json")
    assert (again.code, again.json["ok"]) == (0, True), again
    assert writes_of(sandbox.details) == writes


def check(product: Product, systems: Systems, editor: Editor, *, interruptions: int) -> None:
    """Nothing missing, nothing twice, every answered edit on both sides; what nobody can know is an open conflict.

    The editor never edits a field on both sides, so an interrupted write is the only reason that a conflict may have.
    ``interruptions`` is how often writes may have been interrupted.
    """
    conflicts = _conflicts(product, systems)
    say(f"open conflicts: {len(conflicts)} {list(conflicts.values())[:5]}")
    for mapping, figures in compare(systems, product.database).items():
        say(f"{mapping}: {figures.shown()}")
        assert (figures.missing, figures.doubled, figures.unpaired) == ([], [], []), mapping
        assert [one for one in figures.differing if not _is_open(one, conflicts)] == [], mapping
    _check_edits(systems, editor, conflicts)
    names = [row["displayName"] for row in systems.erp["customers"]]
    assert {name: names.count(name) for name in editor.created} == dict.fromkeys(editor.created, 1)
    assert all(names.count(name) <= 1 for name in editor.maybe_created)
    assert {one["code"] for one in conflicts.values()} <= {"outcome_ambiguous"}, conflicts
    assert len({(one["erp_id"], one["unit"]) for one in conflicts.values()}) <= 4 * interruptions, conflicts


def _conflicts(product: Product, systems: Systems) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """Open conflicts by customer number and the ERP's name of each field of theirs."""
    said = product.run("errors", "--json")
    assert said.code == 0, said
    assert [one for one in said.json["errors"] if one["outcome"] in {"fail", "skip"}] == []
    numbers = {row["id"]: row["number"] for row in systems.erp["customers"]}
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for one in said.json["conflicts"]:
        assert one["mapping"] == "CUSTOMER", one
        fields = ["addressLine1", "city"] if one["unit"] == "address" else [one["unit"].partition("=")[0]]
        found |= {(numbers[one["erp_id"]], name): one for name in fields}
    return found


def _is_open(difference: str, conflicts: Mapping[tuple[str, str], Mapping[str, Any]]) -> bool:
    """Whether a difference of the reader's ("customer C00010: city is …") is one of the open conflicts."""
    return any(difference.startswith(f"customer {number}: {name} ") for number, name in conflicts)


def _check_edits(systems: Systems, editor: Editor, conflicts: Mapping[tuple[str, str], Mapping[str, Any]]) -> None:
    customers = {row["number"]: row for row in systems.erp["customers"]}
    accounts = {row["accountnumber"]: row for row in systems.crm["accounts"]}
    answered = {key: journal for key, journal in editor.fields.items() if journal.acknowledged}
    assert answered
    lost: list[str] = []
    for (number, name), journal in answered.items():
        erp, crm = customers[number][name], accounts[number][_COUNTERPART[name]]
        allowed = journal.may_hold()
        conflict = conflicts.get((number, name))
        if conflict is not None:
            seen = {*conflict["erp"], *conflict["crm"]}
            if not seen & allowed:
                lost.append(f"{number} {name}: {allowed} is not among the values of its conflict, {seen}")
        elif erp != crm or erp not in allowed:
            lost.append(f"{number} {name}: {allowed} edited, the ERP holds {erp!r}, the CRM {crm!r}")
    assert lost == []


def say(text: str) -> None:
    """Print what pytest shows when a test fails."""
    sys.stdout.write(f"{text}\n")
