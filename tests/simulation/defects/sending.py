"""Defects of sending: intents, keys of creates, versions, and what an answer means."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.simulation.defects.planting import STORM, WORKERS, Defect, nothing

from crosstie.model.errors import LockLostError
from crosstie.model.intent import Intent, IntentState
from crosstie.model.words import ActionKind
from crosstie.store.journal import SqlJournal
from crosstie.store.locks import SqlLocks
from crosstie.synch import outbox, plan

_intent = outbox._intent  # noqa: SLF001 - a defect sits inside
_note = outbox._note  # noqa: SLF001
_commit = SqlJournal.commit
_count = itertools.count()


def _random_crm_id(*_: object) -> str:
    return f"random-{next(_count)}"


def _fresh_numbers(self: SqlJournal, mapping: str, pattern: str, ids: Sequence[str]) -> Mapping[str, str]:
    del self, mapping
    return {id_: pattern.format(next(_count)) for id_ in ids}


def _unknown_is_failure(env: Any, work: Any, intent: Intent, answer: Any) -> dict[str, IntentState]:
    states = _note(env, work, intent, answer)
    work.is_retried = work.is_retried and intent.id in states
    return states or {intent.id: IntentState.NOT_LANDED}


def _unknown_is_success(env: Any, work: Any, intent: Intent, answer: Any) -> dict[str, IntentState]:
    states = _note(env, work, intent, answer)
    work.is_retried = work.is_retried and intent.id in states
    return states or {intent.id: IntentState.LANDED}


def _stale_is_unchanged(env: Any, work: Any, intent: Intent, answer: Any) -> dict[str, IntentState]:
    states = _note(env, work, intent, answer)
    if work.is_retried and states.get(intent.id) is IntentState.NOT_LANDED:
        work.is_retried, work.refused = False, None
        work.action = replace(work.action, kind=ActionKind.UNCHANGED)
    return states


class _AnyVersion(str):
    """A version that the server takes for its own: an unconditional write."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = str.__hash__


def _without_version(*arguments: Any, **more: Any) -> Intent:
    intent = _intent(*arguments, **more)
    return intent if intent.version is None else replace(intent, version=_AnyVersion(intent.version))


def _without_before(*arguments: Any, **more: Any) -> Intent:
    return replace(_intent(*arguments, **more), before={})


def _any_epoch(self: SqlJournal, intents: Sequence[Intent], *, epoch: int, at: Any) -> None:
    """Commit under whatever epoch the lock has by now."""
    for epoch_now in range(epoch, epoch + 9):
        try:
            _commit(self, intents, epoch=epoch_now, at=at)
        except LockLostError:
            continue
        return


SENDING = (
    Defect("a create gets a new CRM id each time", ((outbox, "crm_id", _random_crm_id),), STORM, first=115),
    Defect(
        "a create gets a new ERP number each time", ((SqlJournal, "reserve_numbers", _fresh_numbers),), STORM, first=90
    ),
    Defect("a lost answer counts as refused", ((outbox, "_note", _unknown_is_failure),), STORM),
    Defect("a lost answer counts as success", ((outbox, "_note", _unknown_is_success),), STORM),
    Defect("a stale version counts as done", ((outbox, "_note", _stale_is_unchanged),), STORM, is_rare=True),
    Defect("writes are unconditional", ((outbox, "_intent", _without_version),), STORM, first=45),
    Defect("intents are not committed", ((SqlJournal, "commit", nothing),), STORM),
    Defect("the before-image is not kept", ((outbox, "_intent", _without_before),), STORM, is_rare=True),
    Defect(
        "neither the lease nor the lock's epoch is looked at",
        ((SqlJournal, "commit", _any_epoch), (SqlLocks, "hold", nothing), (SqlLocks, "renew", nothing)),
        WORKERS,
        first=280,
    ),
    Defect("a plan sends nothing that it shows", ((plan, "draw_up", nothing),)),
)
