"""The floor of the core benchmark: a bare read-and-write loop with plain httpx2, no state, no decisions, no recovery.

It reads the customers and contacts of the ERP in the pages that the product asks for, and creates those in the CRM that
take part, in batches as large as the product's. Standard input: the sandbox's first line. Standard output: one JSON
object.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx2

PAGE, BATCH, PATIENCE_S = 2000, 200, 120
NAMES = {
    "customers": (
        "accounts",
        {"number": "accountnumber", "displayName": "name"},
    ),
    "contacts": (
        "contacts",
        {"displayName": "lastname", "jobTitle": "jobtitle", "mobilePhoneNumber": "mobilephone"},
    ),
}
TAKES_PART = {
    "customers": ("blocked", lambda row: row["blocked"] in {" ", "_x0020_"}),
    "contacts": ("type,companyNumber", lambda row: row["type"] == "Person" and row["companyNumber"]),
}
BOTH = {
    "addressLine1": "address1_line1",
    "addressLine2": "address1_line2",
    "postalCode": "address1_postalcode",
    "city": "address1_city",
    "state": "address1_stateorprovince",
    "country": "address1_country",
    "phoneNumber": "telephone1",
    "email": "emailaddress1",
    "website": "websiteurl",
}


def _pages(erp: httpx2.Client, table: str, columns: Sequence[str]) -> Iterator[list[Mapping[str, Any]]]:
    address: str | None = f"{table}?$select=id,{','.join(columns)}"
    while address:
        page = erp.get(address, headers={"Prefer": f"odata.maxpagesize={PAGE}"}).raise_for_status().json()
        yield page["value"]
        address = page.get("@odata.nextLink")


def _batch(entity_set: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    head = (
        "--bare\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"POST /api/data/v9.2/{entity_set} HTTP/1.1\r\nContent-Type: application/json\r\n\r\n"
    )
    return ("".join(f"{head}{json.dumps(row)}\r\n" for row in rows) + "--bare--\r\n").encode()


def _copy(erp: httpx2.Client, crm: httpx2.Client) -> tuple[int, int]:
    """Copy both tables; returns records and requests."""
    records = requests = 0
    headers = {"Content-Type": "multipart/mixed; boundary=bare", "Prefer": "odata.continue-on-error"}
    for table, (entity_set, own) in NAMES.items():
        columns = {**own, **BOTH}
        filtered_by, takes_part = TAKES_PART[table]
        for page in _pages(erp, table, [*columns, filtered_by]):
            requests += 1
            rows = [
                {crm_name: row[name] or None for name, crm_name in columns.items() if name in row}
                for row in filter(takes_part, page)
            ]
            for begin in range(0, len(rows), BATCH):
                part = rows[begin : begin + BATCH]
                answer = crm.post("$batch", content=_batch(entity_set, part), headers=headers).raise_for_status()
                requests += 1
                created = answer.content.count(b"HTTP/1.1 2")
                if created != len(part):
                    sys.exit(f"the CRM created {created} of {len(part)} {entity_set}: {answer.text[:800]}")
                records += created
    return records, requests


def main() -> None:
    """Copy once and say what it cost."""
    details = json.loads(sys.stdin.readline())
    erp, crm = details["erp"], details["crm"]
    form = {"grant_type": "client_credentials", "client_id": crm["client_id"], "client_secret": crm["client_secret"]}
    token = httpx2.post(crm["token_url"], data={**form, "scope": f"{crm['url']}/.default"}).raise_for_status().json()
    with (
        httpx2.Client(
            base_url=f"{erp['url']}/api/v2.0/companies({erp['company_id']})/",
            auth=(erp["user"], erp["web_service_access_key"]),
            timeout=PATIENCE_S,
        ) as erp_client,
        httpx2.Client(
            base_url=f"{crm['url']}/api/data/v9.2/",
            headers={"Authorization": f"Bearer {token['access_token']}"},
            timeout=PATIENCE_S,
        ) as crm_client,
    ):
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        records, requests = _copy(erp_client, crm_client)
        after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = {"records": records, "requests": requests, "cpu_s": cpu, "seconds": time.monotonic() - began}
    print(json.dumps(said))


if __name__ == "__main__":
    main()
