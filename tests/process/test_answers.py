"""What a person answers on the command line: conflicts, resolve, retry, and the refusals."""

from collections.abc import Callable

import pytest
from tests.independent_reader import crm_client, writes_of

from .program import Product, Sandbox, assert_refused


@pytest.fixture
def in_conflict(product: Product, own_sandbox: Callable[..., Sandbox]) -> tuple[Product, Sandbox]:
    """A customer and an account with different names, coupled by hand."""
    sandbox = own_sandbox()
    product.set_up(sandbox.details)
    with crm_client(sandbox.details) as crm:
        row = {"name": "O'Neill, Ewa", "accountnumber": "A-1", "customertypecode": 3}
        crm.post("accounts", json=row).raise_for_status()
    assert product.run("couple", "CUSTOMER", "C00010", "A-1", "--json").code == 0
    assert product.run("synch", "currency", "salespeople", "customer", "--json").code == 0
    return product, sandbox


def test_a_conflict_is_shown_and_answered(in_conflict: tuple[Product, Sandbox]) -> None:
    """Both values, never agreed; the ERP's goes to the CRM and is kept as a rule until it is forgotten."""
    product, sandbox = in_conflict
    shown = {one["unit"]: one for one in product.run("conflicts", "customer", "--json").json["conflicts"]}
    name = shown["displayName=name"]
    assert (name["erp"], name["crm"], name["base_erp"]) == (["Ewa O'Neill"], ["O'Neill, Ewa"], None)
    assert name["edited"]["erp"]["at"] is not None
    assert (name["edited"]["erp"]["by"], name["edited"]["crm"]["by"]) == (None, "# Integration")
    assert "never agreed" in product.run("conflicts").text
    assert {"(unknown)", "Integration"} <= set(product.run("conflicts").text.split())

    done = product.run(
        "resolve", "customer", "C00010", "--unit", "displayName=name", "--use", "erp", "--keep-rule", "--json"
    )

    assert (done.code, done.json["rules"], [one["unit"] for one in done.json["resolved"]]) == (
        0,
        ["displayName=name"],
        ["displayName=name"],
    )
    with crm_client(sandbox.details) as crm:
        assert crm.get(f"accounts({name['crm_id']})").json()["name"] == "Ewa O'Neill"
    after = product.run("conflicts", "--json").json
    assert after["rules"] == [{"mapping": "CUSTOMER", "unit": "displayName=name", "use": "erp"}]
    assert "displayName=name" not in {one["unit"] for one in after["conflicts"]}
    assert product.run("resolve", "customer", "--forget-rule", "displayName=name").code == 0
    assert product.run("conflicts", "--json").json["rules"] == []


def test_a_chosen_direction_settles_what_waits(in_conflict: tuple[Product, Sandbox]) -> None:
    """The plan shows both values of each field, the run sends the ERP's, and no conflict is left."""
    product, sandbox = in_conflict
    words = ("synch", "customer", "--record", "C00010", "--direction", "to")
    writes = writes_of(sandbox.details)

    planned = product.run(*words, "--plan")
    assert (planned.code, writes_of(sandbox.details)) == (0, writes)
    assert 'name: "O\'Neill, Ewa" → "Ewa O\'Neill"' in planned.text
    assert "A person had what the ERP holds carried over" in planned.text
    done = product.run(*words, "--json")

    assert (done.code, done.json["jobs"][0]["to_integration_table"]["modified"]) == (0, 1), done
    assert product.run("conflicts", "--json").json["conflicts"] == []


def test_what_cannot_be_done_is_refused_and_nothing_is_written(in_conflict: tuple[Product, Sandbox]) -> None:
    """Each refusal says what is missing or what there is instead."""
    product, sandbox = in_conflict
    writes, content = writes_of(sandbox.details), product.content()["conflict"]
    for words, says in (
        (("resolve", "customer", "C00010"), "Which side shall count"),
        (("resolve", "customer", "--use", "erp"), "Name one RECORD"),
        (("resolve", "customer", "C00010", "--use", "base"), "never agreed"),
        (("resolve", "customer", "Nobody", "--use", "erp"), "no open conflict of 'Nobody'"),
        (("resolve", "customer", "C00010", "--use", "restore"), "whose counterpart was deleted"),
        (("resolve", "customer", "--forget-rule", "address"), "no rule for address"),
        (("resolve", "customers", "C00010", "--use", "erp"), "no table mapping 'customers'"),
        (("retry",), "Name a mapping"),
        (("retry", "--record", "Nobody"), "crosstie errors"),
        (("synch", "--accept-mass-change"), "of which mapping"),
        (("synch", "customer", "--direction", "to"), "so it takes the records by name"),
    ):
        assert_refused(product.run(*words, "--json"), says)
    assert (writes_of(sandbox.details), product.content()["conflict"]) == (writes, content)


def test_retry_says_how_many_it_took_up(in_conflict: tuple[Product, Sandbox]) -> None:
    """None of a mapping where nothing failed; the command succeeds."""
    product, _ = in_conflict
    assert product.run("retry", "customer", "--json").json == {"ok": True, "retried": 0, "jobs": []}
    assert product.run("retry", "customer").code == 0


def test_texts_that_were_cut_are_listed(product: Product, own_sandbox: Callable[..., Sandbox]) -> None:
    """By errors, with the columns, and by explain; by the last look at the pair only."""
    sandbox = own_sandbox()
    product.set_up(sandbox.details)
    assert product.run("full-synch", "start", "--json").code == 0
    with crm_client(sandbox.details) as crm:
        (account,) = crm.get("accounts", params={"$filter": "accountnumber eq 'C00010'"}).json()["value"]
        crm.patch(f"accounts({account['accountid']})", json={"address1_city": "B" * 31}).raise_for_status()
    (job,) = product.run("synch", "customer", "--json").json["jobs"]

    told = product.run("errors", "--json").json["truncated"]
    explained = product.run("explain", "C00010", "--mapping", "customer")

    assert (job["truncated"], [(one["id"], one["columns"]) for one in told]) == (1, [(account["accountid"], ["city"])])
    assert "city" in product.run("errors").text
    assert "Cut to fit: city." in explained.text
