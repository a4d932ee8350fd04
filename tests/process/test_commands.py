"""Every command against a running sandbox: as JSON for programs, and the essentials of it in words for people."""

import json
from collections.abc import Callable
from pathlib import Path
from zipfile import is_zipfile

import pytest
from tests.independent_reader import crm_client, erp_client, writes_of

from .program import Product, Sandbox, assert_refused

_MAPPINGS = ["CURRENCY", "SALESPEOPLE", "CUSTOMER", "CONTACT"]
_COUNTERS = ("inserted", "modified", "unchanged", "coupled", "skipped", "failed", "conflicts", "waiting")
_Connected = tuple[Product, Sandbox]


def test_setup_says_whom_it_reached(product: Product, sandbox: Sandbox) -> None:
    """Answers in TOML connect as well as JSON does; people read both names and what to do next."""
    path = product.home.parent / "answers.toml"
    sections = [
        f"[{side}]\n" + "".join(f'{key} = "{value}"\n' for key, value in sandbox.details[side].items() if value)
        for side in ("crm", "erp")
    ]
    path.write_text("\n".join(sections), encoding="utf-8")
    said = product.run("setup", "--answers", path)
    assert said.code == 0, said
    assert "Connected: Gleisdreieck Handel AG (ERP) and Gleisdreieck (CRM)." in said.text
    assert "Next: 'crosstie full-synch review'" in said.text
    again = product.run("setup", "--answers", path, "--json")
    assert again.json == {"ok": True, "erp": "Gleisdreieck Handel AG", "crm": "Gleisdreieck"}
    assert product.count("connection") == 1


def test_connection_show_and_test(synchronized: _Connected) -> None:
    """The settings of both sides are shown, the secrets are not, and a test names both systems."""
    product, sandbox = synchronized
    shown = product.run("connection", "show", "--json")
    assert shown.code == 0
    assert shown.json["title"] == "Gleisdreieck Handel AG · Gleisdreieck"
    assert shown.json["crm"]["url"] == sandbox.details["crm"]["url"]
    assert shown.json["erp"]["company_id"] == sandbox.details["erp"]["company_id"]
    hidden = {shown.json["crm"]["client_secret"], shown.json["erp"]["web_service_access_key"]}
    assert len(hidden) == 1
    assert not hidden & set(sandbox.secrets)
    said = product.run("connection", "show")
    assert sandbox.details["crm"]["url"] in said.text
    assert "client_secret" in said.text
    tested = product.run("connection", "test", "--json")
    assert tested.json == {"ok": True, "erp": "Gleisdreieck Handel AG", "crm": "Gleisdreieck"}


def test_full_synch_review(product: Product, sandbox: Sandbox) -> None:
    """A line per mapping in the order of its needs, with a recommendation, and nothing is written anywhere."""
    product.set_up(sandbox.details)
    writes = writes_of(sandbox.details)
    said = product.run("full-synch", "review", "--json")
    assert said.code == 0, said
    lines = said.json["lines"]
    assert [line["mapping"] for line in lines] == _MAPPINGS
    assert lines[2]["depends_on"] == ["CURRENCY", "SALESPEOPLE"]
    assert {line["recommendation"] for line in lines} == {"Full Synchronization"}
    text = product.run("full-synch", "review").text
    assert "CRM Full Synch. Review" in text
    assert "Full Synchronization" in text
    assert "Next: 'crosstie full-synch start'" in text
    assert writes_of(sandbox.details) == writes


def test_full_synch_start_again(synchronized: _Connected) -> None:
    """A full synchronization of what is in step changes nothing, and says so for each mapping."""
    product, sandbox = synchronized
    writes = writes_of(sandbox.details)
    said = product.run("full-synch", "start", "--json")
    assert (said.code, said.json["ok"]) == (0, True), said
    jobs = {job["mapping"]: job for job in said.json["jobs"]}
    assert list(jobs) == _MAPPINGS
    assert all(job["status"] == "Finished" and job["is_full"] for job in jobs.values())
    assert [jobs["CUSTOMER"][name] for name in ("inserted", "modified", "failed")] == [0, 0, 0]
    assert writes_of(sandbox.details) == writes


def test_synch(synchronized: _Connected) -> None:
    """All mappings or one of them, whatever its capitals; in step means no write."""
    product, sandbox = synchronized
    writes = writes_of(sandbox.details)
    every = product.run("synch", "--json")
    assert (every.code, every.json["ok"]) == (0, True)
    assert [job["mapping"] for job in every.json["jobs"]] == _MAPPINGS
    assert all(set(_COUNTERS) <= set(job) for job in every.json["jobs"])
    one = product.run("synch", "customer")
    assert one.code == 0
    assert "CUSTOMER" in one.text
    assert "Finished" in one.text
    assert "CONTACT" not in one.text
    assert writes_of(sandbox.details) == writes


def test_synch_plan(synchronized: _Connected) -> None:
    """One JSON object while it is made, with what would be sent; in words for people; nothing is written."""
    product, sandbox = synchronized
    with erp_client(sandbox.details) as erp:
        (customer,) = erp.get("customers", params={"$filter": "number eq 'C00020'"}).json()["value"]
        erp.patch(f"customers({customer['id']})", json={"city": "Oulu"}, headers={"If-Match": "*"}).raise_for_status()
    writes = writes_of(sandbox.details)
    said = product.run("synch", "customer", "--plan", "--json")
    assert (said.code, said.json["ok"]) == (0, True), said
    (action,) = said.json["actions"]
    (write,) = action["writes"]
    assert (action["mapping"], action["action"], action["code"]) == ("CUSTOMER", "modify", "changed")
    assert (write["side"], write["table"], write["before"], write["after"]) == (
        "crm",
        "account",
        {"address1_city": customer["city"]},
        {"address1_city": "Oulu"},
    )
    assert said.json["counters"] == said.json["mappings"]["CUSTOMER"]
    text = product.run("synch", "--plan", "--record", "C00020").text
    assert f"address1_city: '{customer['city']}' → 'Oulu'" in text
    assert "Nothing was written. Next: the same command without '--plan' does it." in text
    assert product.run("synch", "currency", "--plan", "--json").json["actions"] == []
    assert_refused(product.run("synch", "--plan", "--record", "C99999", "--json"), "'C99999'", "Nothing was done")
    assert writes_of(sandbox.details) == writes
    assert product.run("verify", "customer").code == 1
    assert product.run("synch", "--record", "C00020", "--json").json["ok"] is True
    assert product.run("verify", "customer").code == 0


def test_verify(synchronized: _Connected) -> None:
    """Who waits or is blocked is no difference; a telephone number that only goes the other way is one, and is told."""
    product, sandbox = synchronized
    writes = writes_of(sandbox.details)
    said = product.run("verify", "--json")
    assert (said.code, said.json["ok"]) == (1, False), said
    found = said.json["mappings"]
    assert {name: one["ok"] for name, one in found.items()} == {name: name != "SALESPEOPLE" for name in _MAPPINGS}
    coupled = [row for row in product.content()["coupling"] if "CUSTOMER" in row]
    assert (found["CUSTOMER"]["pairs"], found["CUSTOMER"]["gone"]["both"]["count"]) == (len(coupled), 0)
    ((field, drift),) = found["SALESPEOPLE"]["fields"].items()
    assert (field, drift["direction"], drift["pairs"]) == ("phoneNo=mobilephone", "from", 5)
    assert all(one["crm"] == [None] and one["erp"] != [None] for one in drift["examples"])
    assert "to the ERP only" in product.run("verify", "salespeople").text
    assert "Both sides agree." in product.run("verify", "contact").text
    assert_refused(product.run("verify", "vendor", "--json"), "no table mapping 'vendor'", "Known are")
    assert writes_of(sandbox.details) == writes


def test_jobs(synchronized: _Connected) -> None:
    """The latest jobs first, with status and counters, as many as were asked for."""
    product, _ = synchronized
    product.run("synch", "contact")
    said = product.run("jobs", "--limit", 3, "--json")
    assert (said.code, len(said.json["jobs"])) == (0, 3)
    latest = said.json["jobs"][0]
    assert (latest["mapping"], latest["status"], latest["is_full"]) == ("CONTACT", "Finished", False)
    assert latest["started_by"] == "command line"
    text = product.run("jobs", "--limit", 1).text
    assert "Integration Synchronization Jobs" in text
    assert "CONTACT" in text


def test_errors(synchronized: _Connected) -> None:
    """Records that wait are listed with their reason; a mapping without any has nothing to tell."""
    product, _ = synchronized
    said = product.run("errors", "--json")
    assert said.code == 0
    assert said.json["conflicts"] == []
    assert {(one["mapping"], one["outcome"], one["code"]) for one in said.json["errors"]} == {
        ("CONTACT", "wait", "needs_coupling")
    }
    assert len(said.json["errors"]) == 6
    assert "P000030" in {one["record"].split()[0] for one in said.json["errors"]}
    assert "P000030" in product.run("errors", "contact").text
    assert "Nothing needs your attention." in product.run("errors", "customer").text


def test_explain_a_synchronized_customer(synchronized: _Connected) -> None:
    """Coupling, last outcome, every write, and what would happen now; by number, and by the id of either side."""
    product, _ = synchronized
    said = product.run("explain", "C00010", "--json")
    assert said.code == 0, said
    (record,) = said.json["records"]
    assert (record["mapping"], record["side"], record["now"]["outcome"]) == ("CUSTOMER", "erp", "unchanged")
    assert record["coupling"]["erp_number"] == "C00010"
    assert record["last"]["outcome"] in {"insert", "unchanged"}
    assert [(write["destination"], write["is_insert"], write["state"]) for write in record["writes"]] == [
        ("crm", True, "landed")
    ]
    by_row = product.run("explain", record["coupling"]["crm_id"], "--json").json["records"][0]
    assert by_row["coupling"] == record["coupling"]
    text = product.run("explain", "C00010").text
    assert "CUSTOMER: C00010 Ewa O'Neill" in text
    assert "Now: unchanged. Both sides hold the same values." in text
    assert "created in the CRM (landed)" in text


def test_explain_what_is_not_synchronized(synchronized: _Connected) -> None:
    """A blocked customer is outside the filter, a contact of one waits; both sentences name what is in the way."""
    product, _ = synchronized
    (blocked,) = product.run("explain", "C00040", "--json").json["records"]
    assert (blocked["coupling"], blocked["writes"]) == (None, [])
    assert (blocked["now"]["outcome"], blocked["now"]["code"]) == ("ignore", "outside_filter")
    assert "blocked is blank" in blocked["now"]["reason"]
    (waiting,) = product.run("explain", "P000030", "--json").json["records"]
    assert (waiting["mapping"], waiting["coupling"]) == ("CONTACT", None)
    assert (waiting["now"]["outcome"], waiting["now"]["code"]) == ("wait", "needs_coupling")
    assert "CUSTOMER" in waiting["now"]["reason"]


def test_explain_what_does_not_exist(synchronized: _Connected) -> None:
    """An unknown record is exit code 2, with the text that was looked for."""
    product, _ = synchronized
    assert_refused(product.run("explain", "C99999"), "'C99999'", "Check the spelling")


@pytest.fixture
def strangers(product: Product, own_sandbox: Callable[..., Sandbox]) -> _Connected:
    """Two systems that know some of the same customers, under other names, and are not coupled."""
    sandbox = own_sandbox()
    product.set_up(sandbox.details)
    with crm_client(sandbox.details) as crm:
        for name, number in (("O'Neill, Ewa", "A-1"), ("Fjall Oy", None), ("Twin Ltd", None), ("Twin Ltd", None)):
            row = {"name": name, "accountnumber": number, "customertypecode": 3}
            crm.post("accounts", json=row).raise_for_status()
    return product, sandbox


def test_couple(strangers: _Connected) -> None:
    """Numbers and names couple; nothing is written until the next synchronization, which asks where they differ."""
    product, sandbox = strangers
    writes = writes_of(sandbox.details)
    by_number = product.run("couple", "CUSTOMER", "C00010", "A-1", "--json")
    assert (by_number.code, by_number.json["mapping"]) == (0, "CUSTOMER"), by_number
    by_name = product.run("couple", "customer", "Fjall Group Oy", "Fjall Oy")
    assert by_name.code == 0, by_name
    assert "Coupled in CUSTOMER: ERP C00020 and CRM" in by_name.text
    assert "Next: 'crosstie synch CUSTOMER'" in by_name.text
    coupled = product.content()["coupling"]
    assert len(coupled) == 2
    taken = product.run("couple", "CUSTOMER", "C00010", "Fjall Oy", "--json")
    assert_refused(taken, "coupled already", "ERP C00010", by_number.json["crm_id"], "Nothing was coupled")
    twins = product.run("couple", "CUSTOMER", "C00030", "Twin Ltd", "--json")
    assert_refused(twins, "2 account", "'Twin Ltd'", "id")
    assert_refused(product.run("couple", "CUSTOMER", "C00030", "Nobody", "--json"), "'Nobody'", "CRM side")
    assert product.content()["coupling"] == coupled
    assert writes_of(sandbox.details) == writes


def test_uncouple(strangers: _Connected) -> None:
    """Two records are taken apart, and neither system hears of it; what cannot be understood changes nothing."""
    product, sandbox = strangers
    assert product.run("couple", "CUSTOMER", "C00010", "A-1", "--json").code == 0
    writes = writes_of(sandbox.details)
    assert_refused(product.run("uncouple", "CUSTOMER", "--json"), "Uncouple what", "--all")
    assert_refused(product.run("uncouple", "CUSTOMER", "Nobody", "--json"), "'Nobody'", "Nothing was uncoupled")
    assert len(product.content()["coupling"]) == 1
    done = product.run("uncouple", "CUSTOMER", "C00010", "--json")
    assert (done.code, done.json["uncoupled"], done.json["job"]["type"]) == (0, 1, "Uncoupling"), done
    assert product.content()["coupling"] == []
    assert "stay uncoupled" in product.run("uncouple", "CUSTOMER", "--all").text
    assert writes_of(sandbox.details) == writes


def test_a_coupled_pair_that_differs(strangers: _Connected) -> None:
    """After a coupling by hand blanks are filled, different values wait as a conflict with both of them."""
    product, sandbox = strangers
    assert product.run("couple", "CUSTOMER", "C00010", "A-1", "--json").code == 0
    assert product.run("synch", "currency", "salespeople", "customer", "--json").code == 0
    found = {one["unit"]: one for one in product.run("errors", "--json").json["conflicts"]}
    assert set(found) == {"currencyId=transactioncurrencyid", "displayName=name"}
    conflict = found["displayName=name"]
    assert (conflict["erp"], conflict["crm"]) == (["Ewa O'Neill"], ["O'Neill, Ewa"])
    assert "O'Neill, Ewa" in product.run("errors").text
    with crm_client(sandbox.details) as crm, erp_client(sandbox.details) as erp:
        account = crm.get(f"accounts({conflict['crm_id']})").json()
        customer = erp.get(f"customers({conflict['erp_id']})").json()
    assert (account["name"], customer["displayName"]) == ("O'Neill, Ewa", "Ewa O'Neill")
    assert account["address1_city"] == customer["city"] == "München"
    assert account["accountnumber"] == customer["number"] == "C00010"


def test_solution(product: Product, tmp_path: Path) -> None:
    """The ZIP is written where it was asked for; a prefix that Dataverse would refuse is told, and a missing folder."""
    file = tmp_path / "crosstie.zip"
    done = product.run("solution", "build", str(file), "--prefix", "new", "--json")
    assert (done.code, done.json["prefix"], done.json["managed"], is_zipfile(file)) == (0, "new", True, True), done
    assert_refused(
        product.run("solution", "build", str(file), "--prefix", "mscrm", "--json"), "mscrm", "Choose another"
    )
    nowhere = product.run("solution", "build", str(tmp_path / "nowhere" / "x.zip"), "--json")
    assert_refused(nowhere, "cannot be written", "Name another file")


def test_a_sandbox_behind_tls(product: Product, own_sandbox: Callable[..., Sandbox], tmp_path: Path) -> None:
    """Its first line is a valid answer: the authority in it is trusted, and without it nobody is."""
    details = own_sandbox("--tls").details
    assert details["crm"]["url"].startswith("https:")
    product.set_up(details)
    assert product.run("synch", "currency", "--json").code == 0
    for authority, complaint in ((None, "not trusted"), (str(tmp_path / "gone.pem"), "cannot be read")):
        answers = tmp_path / "answers.json"
        sides = {side: {**details[side], "ca": authority} for side in ("crm", "erp")}
        answers.write_text(json.dumps(sides), encoding="utf-8")
        assert_refused(product.run("setup", "--answers", answers, "--json"), complaint)
