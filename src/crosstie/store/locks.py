"""Mapping locks: a row with an epoch and a lease, so that one job at a time works on a mapping."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from crosstie.model.errors import LockLostError, UsageError
from crosstie.model.words import MappingName
from crosstie.store.session import Keyed, Session, excluded, mine
from crosstie.store.statement import arg
from crosstie.store.tables import mapping_lock

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_HELD_BY: sa.ColumnElement[str] = mapping_lock.c.owner
_IS_FREE = sa.or_(
    excluded("owner") == _HELD_BY, mapping_lock.c.lease_until <= arg("now"), arg("force", sa.Boolean()).is_(sa.true())
)


def _if_free(column: sa.Column[Any], taken: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.case((_IS_FREE, taken), else_=column)


_LOCKS = Keyed(
    mapping_lock,
    {
        "epoch": _if_free(mapping_lock.c.epoch, mapping_lock.c.epoch + 1),
        "owner": _if_free(mapping_lock.c.owner, excluded("owner")),
        "lease_until": _if_free(mapping_lock.c.lease_until, excluded("lease_until")),
    },
)
_OF_MAPPING = sa.update(mapping_lock).where(mine(mapping_lock), mapping_lock.c.mapping == arg("mapping"))
_HELD = _OF_MAPPING.where(mapping_lock.c.epoch == arg("epoch"))
_HOLD = _HELD.values(epoch=arg("epoch"))
_RENEW = _HELD.values(lease_until=arg("until"))
_RELEASE = _HELD.values(owner="", lease_until=_LONG_AGO)


def hold_lock(session: Session, mapping: MappingName, epoch: int) -> None:
    """Keep a mapping's lock until the transaction ends; LockLostError when another owner took over."""
    # An update, not a look: it holds the row against the one that would take over between look and commit.
    if session.run(_HOLD, mapping=mapping, epoch=epoch) != 1:
        raise LockLostError(f"Another worker took over {mapping}; nothing more is sent or remembered.")


class SqlLocks:
    """Implements :class:`~crosstie.synch.ports.store.Locks`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, mapping: MappingName, owner: str, now: datetime, lease_s: float, *, force: bool) -> int:
        """Take the lock and return its new epoch."""
        row = {"mapping": mapping, "epoch": 1, "owner": owner, "lease_until": now + timedelta(seconds=lease_s)}
        held = self._session.hold(_LOCKS, {**row, "now": now, "force": force})
        if held.owner != owner:
            raise UsageError(
                f"{mapping} is being synchronized by another worker ({held.owner}).",
                f"Wait for it to finish; its lease runs until {held.lease_until:%H:%M:%S} UTC.",
            )
        return int(held.epoch)

    def renew(self, mapping: MappingName, epoch: int, now: datetime, lease_s: float) -> None:
        """Extend the lease; LockLostError when another owner took over."""
        until = now + timedelta(seconds=lease_s)
        if self._session.run(_RENEW, mapping=mapping, epoch=epoch, until=until) != 1:
            raise LockLostError(f"Another worker took over {mapping}.")

    def hold(self, mapping: MappingName, epoch: int) -> None:
        """Keep the lock until the transaction ends; LockLostError when another owner took over."""
        hold_lock(self._session, mapping, epoch)

    def release(self, mapping: MappingName, epoch: int) -> None:
        """Give the lock back; nothing happens when another owner has it."""
        self._session.run(_RELEASE, mapping=mapping, epoch=epoch)
