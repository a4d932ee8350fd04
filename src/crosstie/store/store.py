"""The store of one connection: all its parts on one session."""

from contextlib import AbstractContextManager

from crosstie.store.couplings import SqlCouplings
from crosstie.store.inbox import SqlChangeInbox
from crosstie.store.jobs import SqlJobLog
from crosstie.store.journal import SqlJournal
from crosstie.store.locks import SqlLocks
from crosstie.store.mass_changes import SqlMassChanges
from crosstie.store.outcomes import SqlOutcomes
from crosstie.store.partings import SqlPartings
from crosstie.store.rules import SqlRules
from crosstie.store.session import Session


class SqlStore:
    """Implements :class:`~crosstie.synch.ports.store.Store`; used by one thread at a time."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.connection = session.connection_id
        self.couplings = SqlCouplings(self._session)
        self.inbox = SqlChangeInbox(self._session)
        self.journal = SqlJournal(self._session)
        self.outcomes = SqlOutcomes(self._session)
        self.partings = SqlPartings(self._session)
        self.rules = SqlRules(self._session)
        self.mass_changes = SqlMassChanges(self._session)
        self.jobs = SqlJobLog(self._session)
        self.locks = SqlLocks(self._session)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: what is called inside is committed together."""
        return self._session.transaction()

    def close(self) -> None:
        """Give the connection back; the store may be used again."""
        self._session.close()
