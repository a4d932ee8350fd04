"""``crosstie couple``: tie one ERP record and one CRM row together."""

from typing import Annotated

import typer

from crosstie.app import real_world
from crosstie.app.wiring import Crosstie, connected, open_crosstie
from crosstie.app.worker_lock import the_only_worker
from crosstie.cli.options import Home, Json, wait_for
from crosstie.cli.output import output
from crosstie.cli.synch import mapping_named
from crosstie.model.coupling import Coupling
from crosstie.model.words import JobId
from crosstie.synch.couple import couple as couple_records


def couple(
    mapping: Annotated[str, typer.Argument(help="Name of the mapping, as CUSTOMER.")],
    erp: Annotated[str, typer.Argument(help="Number, name or id of the ERP record.")],
    crm: Annotated[str, typer.Argument(help="Number, name or id of the CRM row.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Couple two records; nothing is written to either system until the next synchronization."""
    crosstie = open_crosstie(home)
    try:
        with the_only_worker(crosstie.settings) as is_alone:
            coupling = wait_for(_couple(crosstie, mapping, erp, crm, is_alone=is_alone))
    finally:
        crosstie.close()
    out = output(is_json=json)
    out.say(f"Coupled in {coupling.mapping}: ERP {coupling.erp_number or coupling.erp_id} and CRM {coupling.crm_id}.")
    out.say(f"Next: 'crosstie synch {coupling.mapping}' brings them into step.")
    out.result({"ok": True, "mapping": coupling.mapping, "erp_id": coupling.erp_id, "crm_id": coupling.crm_id})


async def _couple(crosstie: Crosstie, mapping: str, erp: str, crm: str, *, is_alone: bool) -> Coupling:
    async with connected(crosstie, is_alone=is_alone) as env:
        name = mapping_named(env.mappings, mapping)
        return await couple_records(env, name, erp, crm, job=JobId(real_world.new_id()))
