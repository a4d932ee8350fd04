"""Mapping locks: a row with an epoch and a lease, so that one job at a time works on a mapping."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from crosstie.model.errors import LockLostError, UsageError
from crosstie.model.words import MappingName
from crosstie.store.session import Session
from crosstie.store.tables import mapping_lock

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class SqlLocks:
    """Implements :class:`~crosstie.synch.ports.store.Locks`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, mapping: MappingName, owner: str, now: datetime, lease_s: float, *, force: bool) -> int:
        """Take the lock and return its new epoch."""
        with self._session.transaction():
            free = {"mapping": mapping, "epoch": 0, "owner": "", "lease_until": _LONG_AGO}
            held = self._session.hold(mapping_lock, free)
            if held.owner != owner and held.lease_until > now and not force:
                raise UsageError(
                    f"{mapping} is being synchronized by another worker ({held.owner}).",
                    f"Wait for it to finish; its lease runs until {held.lease_until:%H:%M:%S} UTC.",
                )
            epoch = int(held.epoch) + 1
            taken = {"epoch": epoch, "owner": owner, "lease_until": now + timedelta(seconds=lease_s)}
            self._session.run(sa.update(mapping_lock).where(*self._of(mapping)).values(**taken))
            return epoch

    def renew(self, mapping: MappingName, epoch: int, now: datetime, lease_s: float) -> None:
        """Extend the lease; LockLostError when another owner took over."""
        held = sa.update(mapping_lock).where(*self._of(mapping), mapping_lock.c.epoch == epoch)
        if self._session.run(held.values(lease_until=now + timedelta(seconds=lease_s))) != 1:
            raise LockLostError(f"Another worker took over {mapping}.")

    def release(self, mapping: MappingName, epoch: int) -> None:
        """Give the lock back; nothing happens when another owner has it."""
        held = sa.update(mapping_lock).where(*self._of(mapping), mapping_lock.c.epoch == epoch)
        self._session.run(held.values(owner="", lease_until=_LONG_AGO))

    def _of(self, mapping: MappingName) -> tuple[sa.ColumnElement[bool], ...]:
        return self._session.mine(mapping_lock), mapping_lock.c.mapping == mapping
