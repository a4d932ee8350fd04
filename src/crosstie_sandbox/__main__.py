"""`python -m crosstie_sandbox`: the sandbox CRM and the sandbox ERP on this machine.

This is where the program gets its clock, its ids, its secrets and its chance; everything else takes them as arguments.
"""

import argparse
import asyncio
import base64
import secrets
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random  # noqa: TID251 - the program's one source of chance
from uuid import UUID, uuid4  # noqa: TID251 - the program's one source of ids

import simplejson
from starlette.applications import Starlette

from crosstie_sandbox.announcement import Addresses, banner, connection_details
from crosstie_sandbox.businesscentral.app import create_app as create_erp
from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.businesscentral.users.store import Users
from crosstie_sandbox.businesscentral.webservices.publishing import needed_by_integration, publish_all
from crosstie_sandbox.company.choose import Choice
from crosstie_sandbox.dataverse.app import create_app as create_crm
from crosstie_sandbox.doors import Served, doors
from crosstie_sandbox.hostile.connection import BreakableProtocol
from crosstie_sandbox.hostile.middleware import CONTROL, Hostile
from crosstie_sandbox.hostile.plan import Plan, read_plan
from crosstie_sandbox.hostile.vendors import BUSINESS_CENTRAL, DATAVERSE, Vendor
from crosstie_sandbox.limits import AllLimits, read_limits
from crosstie_sandbox.options import company_choice, read_options
from crosstie_sandbox.problems import StartError
from crosstie_sandbox.serve import serve
from crosstie_sandbox.state import credentials_of, locked, prepare, writing_to
from crosstie_sandbox.tls import certificates_of
from crosstie_sandbox.token import Credentials, IdSource

FAILED = 2
INTERRUPTED = 130


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the program's one clock


def _new_id() -> UUID:
    return uuid4()


def _ids_of(seed: int) -> IdSource:
    """Ids that the same seed gives again: for a company that is loaded, never for one that is there."""
    chance = _chance_of(seed, "ids")
    return lambda: UUID(int=chance.getrandbits(128), version=4)


def _chance_of(seed: int, name: str) -> Random:
    return Random(f"{seed} {name}")  # noqa: S311 - made-up data need no secrecy


def _secret() -> str:
    return secrets.token_urlsafe(30)


def _access_key() -> str:
    """A web service access key: 44 characters, as the vendor's has."""
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def _open(
    options: argparse.Namespace, choice: Choice | None, limits: AllLimits
) -> tuple[Starlette, Starlette, Credentials]:
    folder = options.state
    ids = _new_id if options.seed is None else _ids_of(options.seed)
    crm_file, erp_file = prepare(folder, choice, reset=options.reset, clock=_now, ids=ids, chance_of=_chance_of)
    credentials = credentials_of(folder, ids=_new_id, secret=_secret, access_key=_access_key)
    settings = Settings(manual_numbers=not options.no_manual_numbers)
    erp_app = create_erp(
        erp_file, clock=_now, ids=_new_id, credentials=credentials, settings=settings, limits=limits.erp
    )
    if options.publish:
        publish_all(erp_app.state.database, needed_by_integration())
    crm_app = create_crm(crm_file, clock=_now, ids=_new_id, credentials=credentials, limits=limits.crm)
    return crm_app, erp_app, _as_announced(credentials, erp_app.state.users)


def _as_announced(credentials: Credentials, users: Users) -> Credentials:
    """Without the web service access key that was made at the first start, if it has been changed since."""
    is_good = users.with_key(credentials.user, credentials.web_service_access_key) is not None
    return credentials if is_good else replace(credentials, web_service_access_key="")


def _served(app: Starlette, faults: Plan | None, vendor: Vendor) -> Served:
    """A server as the world meets it: behind faults if there shall be any."""
    if faults is None:
        return Served(app)
    return Served(Hostile(app, faults, _chance_of(faults.seed, vendor.name), vendor), BreakableProtocol)


def _run(options: argparse.Namespace) -> None:
    choice = company_choice(options)
    faults = None if options.faults is None else read_plan(options.faults, options.seed or 0)
    limits = AllLimits() if options.limits is None else read_limits(options.limits)
    with (
        doors(options, "crm") as crm_doors,
        doors(options, "erp") as erp_doors,
        locked(options.state),
    ):
        with writing_to(options.state):
            certificates = certificates_of(options.state / "tls", _now)
            crm_app, erp_app, credentials = _open(options, choice, limits)
        crm = crm_doors.listeners(_served(crm_app, faults, DATAVERSE), certificates.server)
        erp = erp_doors.listeners(_served(erp_app, faults, BUSINESS_CENTRAL), certificates.server)
        details = connection_details(
            crm=Addresses(crm[0].url, crm[-1].url, certificates.ca),
            erp=Addresses(erp[0].url, erp[-1].url, certificates.ca),
            credentials=credentials,
            company_id=erp_app.state.database.company_id,
        )

        def announce() -> None:
            control = CONTROL if faults else None
            sys.stdout.write(f"{simplejson.dumps(details)}\n" if options.json else banner(details, control))
            sys.stdout.flush()

        asyncio.run(serve([*crm, *erp], announce, sys.stdin.fileno() if options.exit_with_parent else None))


def main(words: Sequence[str]) -> int:
    """Run the program; returns its exit code."""
    try:
        _run(read_options(words))
    except StartError as problem:
        sys.stderr.write(f"{problem.message}\nNext: {problem.next_step}\n")
        if "--json" in words:
            error = {"code": problem.code, "message": problem.message, "next_step": problem.next_step}
            sys.stdout.write(f"{simplejson.dumps({'ok': False, 'error': error})}\n")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
