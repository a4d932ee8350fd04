"""`python -m crosstie_sandbox`: the sandbox CRM and the sandbox ERP on this machine.

This is where the program gets its clock, its ids, its secrets and its chance; everything else takes them as arguments.
"""

import argparse
import asyncio
import base64
import secrets
import socket
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random  # noqa: TID251 - the program's one source of chance
from typing import NoReturn
from uuid import UUID, uuid4  # noqa: TID251 - the program's one source of ids

import simplejson
from starlette.applications import Starlette

from crosstie_sandbox.announcement import banner, connection_details
from crosstie_sandbox.businesscentral.app import create_app as create_erp
from crosstie_sandbox.businesscentral.database import Settings
from crosstie_sandbox.company.choose import Choice
from crosstie_sandbox.dataverse.app import create_app as create_crm
from crosstie_sandbox.hostile.connection import BreakableProtocol
from crosstie_sandbox.hostile.middleware import CONTROL, Hostile
from crosstie_sandbox.hostile.plan import Plan, read_plan
from crosstie_sandbox.hostile.vendors import BUSINESS_CENTRAL, DATAVERSE, Vendor
from crosstie_sandbox.problems import StartError
from crosstie_sandbox.serve import Listener, bind, serve
from crosstie_sandbox.state import credentials_of, locked, prepare, writing_to
from crosstie_sandbox.token import Credentials

FAILED = 2
INTERRUPTED = 130


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the program's one clock


def _new_id() -> UUID:
    return uuid4()


def _chance_of(seed: int, name: str) -> Random:
    return Random(f"{seed} {name}")  # noqa: S311 - made-up data need no secrecy


def _secret() -> str:
    return secrets.token_urlsafe(30)


def _access_key() -> str:
    """A web service access key: 44 characters, as the vendor's has."""
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise StartError("usage", f"The command line cannot be understood: {message}.", "See --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="crosstie_sandbox", description="Start the sandbox CRM and the sandbox ERP.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where the company is kept")
    parser.add_argument("--data", type=Path, metavar="DIR", help="load the company from the CSV files of a folder")
    parser.add_argument("--generate", type=_count, metavar="N", help="generate a company with N customers")
    parser.add_argument("--seed", type=int, metavar="S", help="the seed of --generate (default 0)")
    parser.add_argument("--crm-port", type=int, default=0, metavar="N", help="default 0: any free port")
    parser.add_argument("--erp-port", type=int, default=0, metavar="N", help="default 0: any free port")
    parser.add_argument("--reset", action="store_true", help="replace the company that is there")
    parser.add_argument(
        "--no-manual-numbers", action="store_true", help="let the ERP number customers and contacts itself"
    )
    parser.add_argument("--faults", metavar="SPEC", help="let faults strike: seed=7,chance=0.05,kinds=all")
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input ends")
    parser.add_argument("--json", action="store_true", help="print addresses and credentials as one JSON line")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1 customer is needed")
    return count


def _choice(arguments: argparse.Namespace) -> Choice | None:
    if arguments.data is not None and arguments.generate is not None:
        raise StartError("usage", "--data and --generate exclude each other.", "Give one of them.")
    if arguments.seed is not None and arguments.generate is None:
        raise StartError("usage", "--seed belongs to --generate.", "Add --generate N, or leave --seed out.")
    if arguments.data is not None:
        return Choice(folder=str(arguments.data.resolve()))
    if arguments.generate is not None:
        return Choice(count=arguments.generate, seed=arguments.seed or 0)
    return None


def _open(arguments: argparse.Namespace, choice: Choice | None) -> tuple[Starlette, Starlette, Credentials]:
    folder = arguments.state
    crm_file, erp_file = prepare(folder, choice, reset=arguments.reset, clock=_now, ids=_new_id, chance_of=_chance_of)
    credentials = credentials_of(folder, ids=_new_id, secret=_secret, access_key=_access_key)
    settings = Settings(manual_numbers=not arguments.no_manual_numbers)
    erp_app = create_erp(erp_file, clock=_now, ids=_new_id, credentials=credentials, settings=settings)
    crm_app = create_crm(crm_file, clock=_now, ids=_new_id, credentials=credentials)
    return crm_app, erp_app, credentials


def _listener(app: Starlette, socket: socket.socket, faults: Plan | None, vendor: Vendor) -> Listener:
    """The server on its socket, behind faults if there shall be any."""
    if faults is None:
        return Listener(app, socket)
    return Listener(Hostile(app, faults, _chance_of(faults.seed, vendor.name), vendor), socket, BreakableProtocol)


def _run(arguments: argparse.Namespace) -> None:
    choice = _choice(arguments)
    faults = None if arguments.faults is None else read_plan(arguments.faults)
    with (
        closing(bind(arguments.crm_port, "--crm-port")) as crm_socket,
        closing(bind(arguments.erp_port, "--erp-port")) as erp_socket,
        locked(arguments.state),
    ):
        with writing_to(arguments.state):
            crm_app, erp_app, credentials = _open(arguments, choice)
        crm = _listener(crm_app, crm_socket, faults, DATAVERSE)
        erp = _listener(erp_app, erp_socket, faults, BUSINESS_CENTRAL)
        details = connection_details(crm.url, erp.url, credentials, erp_app.state.database.company_id)

        def announce() -> None:
            control = CONTROL if faults else None
            sys.stdout.write(f"{simplejson.dumps(details)}\n" if arguments.json else banner(details, control))
            sys.stdout.flush()

        asyncio.run(serve([crm, erp], announce, sys.stdin.fileno() if arguments.exit_with_parent else None))


def main(words: Sequence[str]) -> int:
    """Run the program; returns its exit code."""
    try:
        _run(_parser().parse_args(words))
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
