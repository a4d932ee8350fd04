"""``crosstie undo`` against a running sandbox: planned, done, done again, refused."""

from collections.abc import Callable

from tests.independent_reader import crm_client, erp_client, writes_of

from .program import Product, Sandbox, assert_refused


def test_undo(product: Product, own_sandbox: Callable[..., Sandbox]) -> None:
    """A job is undone by the id that the job list shows; a plan writes nothing, and neither does a second undo."""
    sandbox = own_sandbox()
    product.set_up(sandbox.details)
    assert product.run("full-synch", "start", "--json").code == 0
    with erp_client(sandbox.details) as erp:
        (customer,) = erp.get("customers", params={"$filter": "number eq 'C00020'"}).json()["value"]
        erp.patch(f"customers({customer['id']})", json={"city": "Oulu"}, headers={"If-Match": "*"}).raise_for_status()
    (job,) = product.run("synch", "customer", "--json").json["jobs"]
    assert job["id"] in product.run("jobs").text
    writes = writes_of(sandbox.details)

    planned = product.run("undo", job["id"], "--plan", "--json")
    words = product.run("undo", job["id"], "--plan")
    assert (planned.code, words.code, writes_of(sandbox.details)) == (0, 0, writes)
    (line,) = planned.json["lines"]
    assert (line["fate"], line["destination"], line["wrote"]["address1_city"]) == ("restored", "crm", "Oulu")
    assert f"address1_city: 'Oulu' → '{customer['city']}'" in words.text
    assert "Nothing was written." in words.text

    done = product.run("undo", job["id"], "--json")
    assert (done.code, done.json["ok"], done.json["job"]["modified"]) == (0, True, 1), done
    with crm_client(sandbox.details) as crm:
        query = {"$filter": "accountnumber eq 'C00020'", "$select": "address1_city"}
        (account,) = crm.get("accounts", params=query).json()["value"]
    assert account["address1_city"] == customer["city"]
    writes = writes_of(sandbox.details)
    again = product.run("undo", job["id"])
    assert again.code == 0
    assert "0 restored, 1 back already" in again.text
    assert product.run("synch").code == 0
    assert writes_of(sandbox.details) == writes
    assert "Undone:" in product.run("explain", "C00020").text

    content = product.content()
    assert_refused(product.run("undo", "nonsense"), "no synch job 'nonsense'", "crosstie jobs")
    assert product.content() == content
