"""Who edited the two records of a conflict last, and when: for the person who has to choose.

Asked for conflicts only. A side that still has the version that was remembered was not edited by anybody since: what
an earlier look found out stays, for the record's own stamp may be that of a write of ours to another field.
"""

from collections.abc import Sequence

from crosstie.model.record import LastEdit
from crosstie.model.words import Side
from crosstie.synch.ports.environment import Environment
from crosstie.synch.tables import Tables
from crosstie.synch.work import Work


async def find_editors(env: Environment, tables: Tables, works: Sequence[Work]) -> None:
    """Put on each work with a conflict who edited its two records last; a request a side, if there is any conflict."""
    mapping = tables.mapping
    torn = [work for work in works if work.coupling is not None and work.action is not None and work.action.conflicts]
    if not torn:
        return
    known: dict[str, dict[Side, LastEdit]] = {}
    for one in env.store.outcomes.conflicts(mapping.name, [work.id_on(Side.ERP) for work in torn]):
        known.setdefault(one.erp_id, {}).update(one.edits)
    for work in torn:
        work.edits = {}
    for side in Side:
        asked = [work for work in torn if not _keep(work, side, known.get(work.id_on(Side.ERP), {}))]
        ids = [work.id_on(side) for work in asked]
        found = await env.connector(side).last_edits(mapping.table(side), ids) if ids else {}
        for work in asked:
            edit, record = found.get(work.id_on(side)), work.on(side)
            if edit is not None and record is not None and edit.version == record.version:
                work.edits = {**work.edits, side: edit}


def _keep(work: Work, side: Side, known: dict[Side, LastEdit]) -> bool:
    """Whether an earlier look tells: nobody but us moved the record since."""
    record = work.on(side)
    if work.coupling is None or record is None or side not in known:
        return False
    if record.version != work.coupling.version_on(side):
        return False
    work.edits = {**work.edits, side: known[side]}
    return True
