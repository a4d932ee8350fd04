"""A session of the store that lets a test act, or crash, just before anything becomes durable."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from crosstie.model.words import ConnectionId
from crosstie.store.session import Session

_KEEPS_NOTHING = ("SELECT", "BEGIN", "ROLLBACK")


class WatchedSession(Session):
    """Calls ``before_commit`` before each commit, and before each writing statement that is its own transaction."""

    def __init__(self, engine: sa.Engine, connection_id: ConnectionId, before_commit: Callable[[], None]) -> None:
        super().__init__(engine, connection_id)
        self._before_commit = before_commit

    def _execute(self, text: str, arguments: Any = (), *, is_many: bool = False) -> Any:
        if text == "COMMIT" or not (self._in_transaction or text.startswith(_KEEPS_NOTHING)):
            self._before_commit()
        return super()._execute(text, arguments, is_many=is_many)
