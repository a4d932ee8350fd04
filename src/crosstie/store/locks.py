"""Mapping locks: a row with an epoch and a lease, so that one job at a time works on a mapping."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from crosstie.model.errors import LockLostError, UsageError
from crosstie.model.words import MappingName
from crosstie.store.session import Keyed, Session, mine
from crosstie.store.statement import arg
from crosstie.store.tables import mapping_lock

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_LOCKS = Keyed(mapping_lock)
_OF_MAPPING = sa.update(mapping_lock).where(mine(mapping_lock), mapping_lock.c.mapping == arg("mapping"))
_TAKE = _OF_MAPPING.values(epoch=arg("epoch"), owner=arg("owner"), lease_until=arg("until"))
_HELD = _OF_MAPPING.where(mapping_lock.c.epoch == arg("epoch"))
_RENEW = _HELD.values(lease_until=arg("until"))
_RELEASE = _HELD.values(owner="", lease_until=_LONG_AGO)


class SqlLocks:
    """Implements :class:`~crosstie.synch.ports.store.Locks`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def take(self, mapping: MappingName, owner: str, now: datetime, lease_s: float, *, force: bool) -> int:
        """Take the lock and return its new epoch."""
        with self._session.transaction():
            free = {"mapping": mapping, "epoch": 0, "owner": "", "lease_until": _LONG_AGO}
            held = self._session.hold(_LOCKS, free)
            if held.owner != owner and held.lease_until > now and not force:
                raise UsageError(
                    f"{mapping} is being synchronized by another worker ({held.owner}).",
                    f"Wait for it to finish; its lease runs until {held.lease_until:%H:%M:%S} UTC.",
                )
            epoch = int(held.epoch) + 1
            until = now + timedelta(seconds=lease_s)
            self._session.run(_TAKE, mapping=mapping, epoch=epoch, owner=owner, until=until)
            return epoch

    def renew(self, mapping: MappingName, epoch: int, now: datetime, lease_s: float) -> None:
        """Extend the lease; LockLostError when another owner took over."""
        until = now + timedelta(seconds=lease_s)
        if self._session.run(_RENEW, mapping=mapping, epoch=epoch, until=until) != 1:
            raise LockLostError(f"Another worker took over {mapping}.")

    def release(self, mapping: MappingName, epoch: int) -> None:
        """Give the lock back; nothing happens when another owner has it."""
        self._session.run(_RELEASE, mapping=mapping, epoch=epoch)
