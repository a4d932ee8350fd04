"""The command line of the program, and what is wrong with one that makes no sense."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from crosstie_sandbox.company.choose import Choice
from crosstie_sandbox.problems import StartError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise StartError("usage", f"The command line cannot be understood: {message}.", "See --help.")


def read_options(words: Sequence[str]) -> argparse.Namespace:
    """The options by their names; raises StartError, and SystemExit for `--help`."""
    options = _parser().parse_args(words)
    if options.tls and (options.crm_tls_port or options.erp_tls_port):
        raise StartError(
            "usage",
            "With --tls the servers speak TLS on --crm-port and --erp-port; there are no other ports.",
            "Leave --crm-tls-port and --erp-tls-port out, or --tls.",
        )
    return options


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="crosstie_sandbox", description="Start the sandbox CRM and the sandbox ERP.")
    parser.add_argument("--state", type=Path, required=True, metavar="DIR", help="where the company is kept")
    parser.add_argument("--data", type=Path, metavar="DIR", help="load the company from the CSV files of a folder")
    parser.add_argument("--generate", type=_count, metavar="N", help="generate a company with N customers")
    parser.add_argument(
        "--seed", type=int, metavar="S", help="the seed of all chance: the company and its ids, and the faults"
    )
    for option in ("--crm-port", "--erp-port", "--crm-tls-port", "--erp-tls-port"):
        parser.add_argument(option, type=int, default=0, metavar="N", help="default 0: any free port")
    parser.add_argument("--tls", action="store_true", help="serve over TLS only, on --crm-port and --erp-port")
    parser.add_argument("--reset", action="store_true", help="replace the company that is there")
    parser.add_argument(
        "--no-manual-numbers", action="store_true", help="let the ERP number customers and contacts itself"
    )
    parser.add_argument("--limits", metavar="SPEC", help="vendor, low, off, or crm.requests=50,crm.window=10s")
    parser.add_argument(
        "--publish", action="store_true", help="publish the web services of the ERP that an integration needs"
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


def company_choice(options: argparse.Namespace) -> Choice | None:
    """Which company is asked for; None for the one that is there."""
    if options.data is not None and options.generate is not None:
        raise StartError("usage", "--data and --generate exclude each other.", "Give one of them.")
    if options.data is not None:
        return Choice(folder=str(options.data.resolve()))
    if options.generate is not None:
        return Choice(count=options.generate, seed=options.seed or 0)
    return None
