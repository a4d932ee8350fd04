"""What the pages show: of a filled database, of an empty one, and of a job that runs."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.integration.web.conftest import Site
from tests.integration.web.page_reading import PageReader
from tests.integration.web.rows import (
    CRM_ID,
    ERP_ID,
    HOSTILE,
    NOW,
    finished_job,
    hostile_coupling,
    refused_outcome,
)

from crosstie.model.job import SynchJob
from crosstie.model.words import ActionKind, JobId, JobStatus, MappingName, RecordId
from crosstie.web.pages import PAGES

BLANK = "\N{EN DASH} blank"
ADDRESSES = [page.address for page in PAGES]


def running_job() -> SynchJob:
    """A job that has handled a third of its records."""
    job = replace(finished_job(), id=JobId("job-2"), status=JobStatus.IN_PROCESS, finished_at=None, message="")
    return replace(job, started_at=NOW - timedelta(seconds=75), done=1325, total=3873, created_at=NOW)


@pytest.mark.parametrize("address", ["/", "/mappings"])
async def test_mappings_show_tables_counts_and_the_three_statuses(site: Site, address: str) -> None:
    """A mapping shows both tables with the direction, its counts, and blank statuses as a dash."""
    rows = {row[0]: row for row in PageReader(await site.html(address)).table("table mappings")}
    assert sorted(rows) == ["Contacts CONTACT", "Currencies CURRENCY", "Customers CUSTOMER", "Salespeople SALESPEOPLE"]
    assert rows["Customers CUSTOMER"] == [
        "Customers CUSTOMER",
        "ERP customers Bidirectional CRM account",
        "1",
        "1",
        "Full Synchronization",
        "Finished",
        "Error",
        BLANK,
    ]
    assert rows["Currencies CURRENCY"][1:] == [
        "ERP currencies To Integration Table CRM transactioncurrency",
        "0",
        "0",
        *[BLANK] * 4,
    ]


@pytest.mark.parametrize("address", ["/", "/couplings"])
async def test_couplings_show_number_name_and_shortened_ids(site: Site, address: str) -> None:
    """A coupling shows shortened ids, with the whole ones as titles."""
    page = PageReader(await site.html(address))
    assert page.table("Coupled records") == [
        ["Customers", "10070", HOSTILE, "0a1b2c3d…", "9f8e7d6c…", "21 Nov 2026, 09:25:00"]
    ]
    assert {ERP_ID, CRM_ID} <= set(page.attributes("span", "title"))
    assert "2026-11-21T09:25:00+00:00" in page.attributes("time", "datetime")


@pytest.mark.parametrize("address", ["/", "/jobs"])
async def test_jobs_show_every_counter_of_both_directions(site: Site, address: str) -> None:
    """A job shows the sums of both directions, its duration and its message."""
    assert PageReader(await site.html(address)).table("synchronization jobs") == [
        [
            "Customers Full synchronization",
            "Finished",
            "21 Nov 2026, 09:20:00",
            "1 min 12 s",
            *["1,234", "30", "31", "41", "53", "61", "71"],
            "2 records failed <b>twice</b>.",
        ]
    ]


@pytest.mark.parametrize("address", ["/", "/errors"])
async def test_a_record_that_needs_attention_shows_reason_detail_and_next_step(site: Site, address: str) -> None:
    """A refused record shows the reason as a sentence, the vendor's words, and what to do."""
    assert PageReader(await site.html(address)).table("Records that failed") == [
        [
            "Customers",
            f"ERP 10070 {HOSTILE}",
            "Failed",
            "The CRM refused it: <i>too long</i>. 0x80044331",
            "Shorten the telephone number in the ERP.",
        ]
    ]


async def test_every_status_and_outcome_has_a_look(site: Site) -> None:
    """Every status of a job and every outcome that needs attention is shown in its own words."""
    for status in JobStatus:
        site.store.jobs.put(replace(finished_job(), id=JobId(f"job-{status}"), status=status))
    kinds = {
        ActionKind.FAIL: "Failed",
        ActionKind.SKIP: "Skipped",
        ActionKind.WAIT: "Waiting",
        ActionKind.CONFLICT: "Conflict",
    }
    for kind in kinds:
        site.store.outcomes.put([replace(refused_outcome(), id=RecordId(f"id-{kind}"), kind=kind)])

    jobs = PageReader(await site.html("/jobs")).table("synchronization jobs")
    errors = PageReader(await site.html("/errors")).table("Records that failed")

    assert {re.split(r" \d", row[1])[0] for row in jobs} == set(JobStatus)
    assert {row[2] for row in errors} == set(kinds.values())


@pytest.mark.parametrize("address", ADDRESSES)
async def test_markup_in_a_name_stays_text(site: Site, address: str) -> None:
    """A name that looks like a script is shown as text; the only script is our own file."""
    page = PageReader(await site.html(address))
    kinds = {kind for kind, _ in page.elements}
    assert not kinds & {"style", "iframe", "i"}
    assert [kind for kind, _ in page.elements].count("script") == 1
    (source,) = page.attributes("script", "src")
    assert re.fullmatch(r"/static/htmx\.min\.js\?v=[0-9a-f]{10}", source or "")
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


@pytest.mark.parametrize("address", ADDRESSES)
async def test_an_empty_database_gets_a_friendly_page(empty_site: Site, address: str) -> None:
    """Before the first synchronization every page opens, with no rows but the mappings."""
    page = PageReader(await empty_site.html(address))
    assert sum(len(table.rows) - 1 for table in page.tables) == (4 if address in {"/", "/mappings"} else 0)


async def test_the_first_visit_says_how_to_begin(empty_site: Site) -> None:
    """Before set-up the overview says that there is no connection, and which command makes one."""
    html = await empty_site.html("/")
    assert "No connection is set up yet." in html
    assert "<kbd>crosstie setup</kbd>" in html
    for sentence in ("No record is coupled yet.", "No job has run yet.", "Nothing has been synchronized yet."):
        assert sentence in html


async def test_no_errors_is_said_kindly_after_a_job(site: Site) -> None:
    """When the last record that needed attention is settled, the page says that all is clear."""
    site.store.outcomes.put([replace(refused_outcome(), kind=ActionKind.UNCHANGED)])
    assert "All clear. No record needs attention." in await site.html("/errors")


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_page_keeps_itself_up_to_date_only_while_a_job_is_in_process(site: Site, address: str) -> None:
    """The page asks for itself every two seconds while a job runs, and no longer."""
    assert PageReader(await site.html(address)).attributes("span", "hx-get") == []

    site.store.jobs.put(running_job())
    page = PageReader(await site.html(address))
    assert page.attributes("span", "hx-get") == [address]
    assert page.attributes("span", "hx-trigger") == ["every 2s"]

    site.store.jobs.put(replace(running_job(), status=JobStatus.FINISHED, finished_at=NOW))
    assert PageReader(await site.html(address)).attributes("span", "hx-get") == []


async def test_updates_can_be_paused(site: Site) -> None:
    """A paused page does not ask for itself, and offers to go on."""
    site.store.jobs.put(running_job())
    html = await site.html("/jobs?updates=paused")
    assert "hx-get" not in html
    assert '<a href="/jobs">Resume updates</a>' in html


async def test_a_running_job_shows_its_progress(site: Site) -> None:
    """A job in process shows how many records it has handled and how long it has been running."""
    site.store.jobs.put(running_job())
    page = PageReader(await site.html("/jobs"))
    row = page.table("synchronization jobs")[0]
    assert row[1] == "In Process 1,325 of 3,873 records"
    assert row[3] == "1 min 15 s"
    assert page.attributes("progress", "value") == ["1325"]
    assert page.attributes("progress", "max") == ["3873"]


async def test_a_long_list_says_what_it_leaves_out(site: Site) -> None:
    """When there are more couplings than a page shows, the page says so; the overview shows eight."""
    many = [
        replace(hostile_coupling(), erp_id=RecordId(f"erp-{n:03}"), crm_id=RecordId(f"crm-{n:03}")) for n in range(250)
    ]
    site.store.couplings.put(many, job=JobId("job-1"), at=NOW)
    html = await site.html("/couplings")
    assert "251 coupled records; the 200 synchronized last are shown." in html
    assert len(PageReader(html).table("Coupled records")) == 200
    assert len(PageReader(await site.html("/")).table("Coupled records")) == 8


async def test_a_mapping_that_is_no_longer_known_is_named_by_its_code(site: Site) -> None:
    """Rows of a mapping that is not among the mappings still show, under its stored name."""
    site.store.jobs.put(replace(finished_job(), mapping=MappingName("VENDOR")))
    assert PageReader(await site.html("/jobs")).table("synchronization jobs")[0][0] == "VENDOR Full synchronization"
