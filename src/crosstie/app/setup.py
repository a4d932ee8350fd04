"""Set-up without questions: test both systems, then save the connection."""

from dataclasses import dataclass, replace

from crosstie.app import real_world
from crosstie.app.connections import ConnectionDraft, save
from crosstie.app.wiring import Crosstie, connectors_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What both systems answered."""

    erp: str
    """Name of the company."""
    crm: str
    """Name of the organization."""


async def check(crosstie: Crosstie, draft: ConnectionDraft) -> Answers:
    """Sign in to both systems and read something small; raises what is wrong."""
    async with connectors_of(crosstie, draft) as env:
        return Answers(crm=await env.crm.test(), erp=await env.erp.test())


async def set_up(crosstie: Crosstie, draft: ConnectionDraft) -> Answers:
    """Test, then save; a connection that does not work is not saved."""
    result = await check(crosstie, draft)
    titled = draft if draft.title else replace(draft, title=f"{result.erp} · {result.crm}")
    save(crosstie.engine, crosstie.vault, crosstie.settings.connection, titled, at=real_world.now())
    return result
