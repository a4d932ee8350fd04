"""``crosstie sandbox``: only the two sandbox systems, to develop, test or learn an integration without a tenant."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from crosstie.app.settings import read_settings
from crosstie.cli.options import Home, Json


def sandbox(
    data: Annotated[Path | None, typer.Option(help="Load the company from the CSV files of this folder.")] = None,
    generate: Annotated[int | None, typer.Option(help="Generate a company with so many customers.")] = None,
    seed: Annotated[int | None, typer.Option(help="The seed of all chance.")] = None,
    crm_port: Annotated[int, typer.Option(help="Port of the CRM; 0: any free one.")] = 8091,
    erp_port: Annotated[int, typer.Option(help="Port of the ERP; 0: any free one.")] = 8092,
    crm_tls_port: Annotated[int, typer.Option(help="The CRM's port for TLS; 0: any free one.")] = 8491,
    erp_tls_port: Annotated[int, typer.Option(help="The ERP's port for TLS; 0: any free one.")] = 8492,
    tls: Annotated[bool, typer.Option("--tls", help="TLS only, on --crm-port and --erp-port.")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Replace the company that is there.")] = False,
    limits: Annotated[
        str | None, typer.Option(metavar="SPEC", help="How much may be asked: vendor, low, off, or crm.requests=50.")
    ] = None,
    publish: Annotated[
        bool, typer.Option("--publish", help="Publish the web services of the ERP that an integration needs.")
    ] = False,
    faults: Annotated[
        str | None, typer.Option(metavar="SPEC", help="Let faults strike, as seed=7,chance=0.05,kinds=all.")
    ] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Start a sandbox CRM and a sandbox ERP and serve until stopped; prints addresses and credentials."""
    state = read_settings(os.environ, home).home / "sandbox"
    arguments = ["--state", str(state), "--crm-port", str(crm_port), "--erp-port", str(erp_port)]
    tls_ports = ["--crm-tls-port", str(crm_tls_port), "--erp-tls-port", str(erp_tls_port)]
    arguments += ["--tls"] if tls else tls_ports
    arguments += company_arguments(data, generate, seed)
    arguments += ["--reset"] if reset else []
    arguments += ["--limits", limits] if limits is not None else []
    arguments += ["--publish"] if publish else []
    arguments += ["--faults", faults] if faults is not None else []
    arguments += ["--json"] if json else []
    command = [sys.executable, "-m", "crosstie_sandbox", *arguments]
    try:
        raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own program
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def company_arguments(data: Path | None, generate: int | None, seed: int | None) -> list[str]:
    """The sandbox's own words for which company it shall serve."""
    arguments = ["--data", str(data)] if data is not None else []
    arguments += ["--generate", str(generate)] if generate is not None else []
    return arguments + (["--seed", str(seed)] if seed is not None else [])
