"""Rules that were kept from a person's answer to a conflict."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from crosstie.model.words import ConflictResolution, MappingName
from crosstie.store.session import Keyed, Session, mine
from crosstie.store.statement import arg
from crosstie.store.tables import resolution_rule

_RULES = Keyed(resolution_rule)
_OF_MAPPING = (
    sa.select(resolution_rule)
    .where(mine(resolution_rule), resolution_rule.c.mapping == arg("mapping"))
    .order_by(resolution_rule.c.unit)
)
_FORGET = sa.delete(resolution_rule).where(
    mine(resolution_rule), resolution_rule.c.mapping == arg("mapping"), resolution_rule.c.unit == arg("unit")
)


class SqlRules:
    """Implements :class:`~crosstie.synch.ports.decisions.Rules`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def keep(self, mapping: MappingName, unit: str, resolution: ConflictResolution, *, at: datetime) -> None:
        """From now on conflicts of this unit are resolved like that."""
        row = {"mapping": mapping, "unit": unit, "resolution": resolution, "kept_at": at}
        self._session.upsert(_RULES, [row])

    def forget(self, mapping: MappingName, unit: str) -> bool:
        """Ask again; says whether there was a rule."""
        return self._session.run(_FORGET, mapping=mapping, unit=unit) > 0

    def of(self, mapping: MappingName) -> Mapping[str, ConflictResolution]:
        """The rules of a mapping, by unit."""
        found = self._session.rows(_OF_MAPPING, mapping=mapping)
        return {str(row.unit): ConflictResolution(row.resolution) for row in found}
