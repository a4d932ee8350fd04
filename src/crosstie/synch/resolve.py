"""Resolve: carry out what a person decided about conflicts and about records whose counterpart was deleted.

An answer travels like any change: decided with fresh records, intended, sent with the versions read, remembered. It
holds for the values that the person saw: where one of them is no longer there, nothing is sent and the conflict, with
its new values, asks again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from crosstie.engine.units import units_of
from crosstie.model.action import Answer
from crosstie.model.errors import UsageError
from crosstie.model.job import SynchJob
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.words import ConflictResolution, JobStatus, MappingName, OnDeletion, RecordId, Side, Use
from crosstie.synch.deletions import LOST_COUNTERPART, can_restore
from crosstie.synch.find_record import find, is_named
from crosstie.synch.page import run_page
from crosstie.synch.permit import Permit
from crosstie.synch.ports.environment import Environment
from crosstie.synch.ports.store import OpenConflict, RecordOutcome, Store
from crosstie.synch.recover import recover
from crosstie.synch.tables import Tables, describe
from crosstie.synch.work import Answers, Work

_LEASE_S = 120.0
_LOST = (*LOST_COUNTERPART, ReasonCode.SURVIVOR_NEEDED)
_RULES = {
    Use.ERP: ConflictResolution.SEND_UPDATE,
    Use.CRM: ConflictResolution.GET_UPDATE,
    Use.NEWEST: ConflictResolution.NEWEST,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What became of the answers."""

    closed: Sequence[OpenConflict]
    open: Sequence[OpenConflict]
    """Conflicts that ask again, as they are now: somebody changed a value, or a system refused it."""
    job: SynchJob
    rules: Sequence[str] = ()
    """Units whose conflicts are resolved like that from now on."""


async def resolve(
    env: Environment,
    job: SynchJob,
    use: Use,
    *,
    record: str | None,
    unit: str | None = None,
    keeps_rule: bool = False,
) -> Resolution:
    """Answer the open conflicts of ``job``'s mapping: those of one record, or (``None``) all; in one unit, or all.

    ``job`` is a fresh one: it carries the writes in the journal, and comes back finished.
    """
    name = job.mapping
    if keeps_rule and use is Use.BASE:
        raise UsageError(
            "A rule can only be kept for 'erp', 'crm' or 'newest'; nothing was done.", "Leave out --keep-rule."
        )
    # Before anything is written, so that a word that names nothing costs no request.
    named = {one.erp_id for one in chosen(env.store, name, record, unit)}
    epoch = env.store.locks.take(name, env.owner, env.clock(), _LEASE_S, force=env.is_alone)
    try:
        tables = await describe(env, env.mappings[name])
        run = _Answering(env, tables, job, epoch)
        await recover(env, tables, run.permit())
        asked = [one for one in chosen(env.store, name, record, unit) if one.erp_id in named]
        _refuse_impossible(tables, asked, use)
        for start in range(0, len(asked), env.page_size):
            await run.answer(asked[start : start + env.page_size], use)
        still = {(one.erp_id, one.conflict.unit): one for one in env.store.outcomes.conflicts(name, list(named))}
        closed = [one for one in asked if (one.erp_id, one.conflict.unit) not in still]
        rules = sorted({one.conflict.unit for one in closed}) if keeps_rule else []
        for kept in rules:
            env.store.rules.keep(name, kept, _RULES[use], at=env.clock())
        remaining = [still[key] for one in asked if (key := (one.erp_id, one.conflict.unit)) in still]
        return Resolution(closed=closed, open=remaining, job=run.finish(), rules=rules)
    finally:
        env.store.locks.release(name, epoch)


async def resolve_deletion(env: Environment, job: SynchJob, strategy: OnDeletion, *, record: str | None) -> SynchJob:
    """Restore, uncouple or delete the records whose counterpart was deleted: the one named, or (``None``) all that ask.

    A delete holds for what the person was asked about: a record that was edited since asks again.
    """
    name = job.mapping
    asked = deleted(env.store, name, record)
    is_left = record is not None and not asked and strategy is OnDeletion.RESTORE
    if not asked and not is_left:
        raise _nobody(name, record)
    epoch = env.store.locks.take(name, env.owner, env.clock(), _LEASE_S, force=env.is_alone)
    try:
        tables = await describe(env, env.mappings[name])
        _refuse_restoring(tables, asked, strategy)
        run = _Answering(env, tables, job, epoch)
        await recover(env, tables, run.permit())
        answers = Answers(on_deletion=strategy)
        for start in range(0, len(asked), env.page_size):
            works = [Work(side=one.side, id=one.id) for one in asked[start : start + env.page_size]]
            await run.page(works, answers)
            if strategy is OnDeletion.RESTORE:
                # In the same run, not when the next job comes.
                survivors = [Work(side=side, id=id_) for work in works if (left := _left(work)) for side, id_ in [left]]
                await run.page(survivors, answers)
        if is_left and record is not None:
            await run.page(await _left_behind(env, tables, record), answers)
        return run.finish()
    finally:
        env.store.locks.release(name, epoch)


def chosen(store: Store, name: MappingName, record: str | None, unit: str | None) -> list[OpenConflict]:
    """The open conflicts that are meant; UsageError where there is none, or the record's name is not enough."""
    every = store.outcomes.conflicts(name)
    found = [one for one in every if unit is None or one.conflict.unit == unit]
    if record is not None:
        labels = labels_of(store, name, found)
        found = [one for one in found if is_named(record, one.erp_id, labels[one.erp_id]) or record == one.crm_id]
        _refuse_several(record, {one.erp_id for one in found})
    if not found:
        of = "" if record is None else f" of '{record}'"
        in_ = "" if unit is None else f" in {unit}"
        known = sorted({one.conflict.unit for one in every})
        raise UsageError(
            f"{name} has no open conflict{of}{in_}; nothing was done.",
            f"See 'crosstie conflicts {name}'." + (f" Fields in conflict are {', '.join(known)}." if known else ""),
        )
    return found


def deleted(store: Store, name: MappingName, record: str | None) -> list[RecordOutcome]:
    """The records that lost their counterpart and ask what to do: the one named, or all."""
    unsettled = store.outcomes.unsettled(name)
    found = [one for one in unsettled if one.reason.code in _LOST]
    if record is not None:
        found = [one for one in found if is_named(record, one.id, one.label)]
        _refuse_several(record, {one.label or one.id for one in found})
    return found


def forget_rule(store: Store, name: MappingName, unit: str) -> None:
    """Ask again about conflicts of a unit."""
    if not store.rules.forget(name, unit):
        known = ", ".join(store.rules.of(name)) or "none"
        raise UsageError(f"{name} has no rule for {unit}; nothing was done.", f"Its rules are: {known}.")


def _nobody(name: MappingName, record: str | None) -> UsageError:
    of = "" if record is None else f" named '{record}'"
    return UsageError(
        f"{name} has no record{of} whose counterpart was deleted; nothing was done.",
        f"See 'crosstie errors {name}' for those that ask.",
    )


async def _left_behind(env: Environment, tables: Tables, record: str) -> list[Work]:
    """The record that ``record`` names, left uncoupled since its counterpart was deleted, to be created there again."""
    name = tables.mapping.name
    for side in Side:
        ids = [one.id for one in await find(env, tables, side, record)]
        stay = env.store.partings.left(name, side, ids)
        left = [id_ for id_, why in stay.items() if why.code is ReasonCode.UNCOUPLED]
        if left:
            _refuse_several(record, set(left))
            return [Work(side=side, id=id_) for id_ in left]
    raise _nobody(name, record)


def labels_of(store: Store, name: MappingName, conflicts: Sequence[OpenConflict]) -> Mapping[RecordId, str]:
    """Number and name of the records in conflict, by ERP id; blank where none was noted."""
    ids = [id_ for one in conflicts for id_ in (one.erp_id, one.crm_id)]
    known = store.outcomes.labels(name, ids)
    return {one.erp_id: known.get(one.erp_id) or known.get(one.crm_id, "") for one in conflicts}


@dataclass(slots=True)
class _Answering:
    """One run of answers under the mapping's lock."""

    env: Environment
    tables: Tables
    job: SynchJob
    epoch: int

    def permit(self) -> Permit:
        """Renew the lease for another page."""
        now = self.env.clock()
        self.env.store.locks.renew(self.tables.mapping.name, self.epoch, now, _LEASE_S)
        return Permit(job=self.job.id, epoch=self.epoch, until=now + timedelta(seconds=_LEASE_S))

    async def answer(self, asked: Sequence[OpenConflict], use: Use) -> None:
        """Answer one page of conflicts."""
        units: dict[RecordId, dict[str, Answer]] = {}
        for one in asked:
            answer = Answer(use=use, erp=one.conflict.erp, crm=one.conflict.crm)
            units.setdefault(one.erp_id, {})[one.conflict.unit] = answer
        if use is Use.BASE:
            # Two writes make this answer. Should only one arrive, the other side must not pass for the newer value.
            self.env.store.outcomes.put_conflicts([_held(one) for one in asked])
        await self.page([Work(side=Side.ERP, id=id_) for id_ in units], Answers(units=units))
        if use is Use.BASE:
            self._release(asked)

    def _release(self, asked: Sequence[OpenConflict]) -> None:
        """What was not written at all is the conflict that it was before."""
        known = {(one.erp_id, one.conflict.unit): one.conflict.reason for one in asked}
        mapping = self.tables.mapping.name
        still = self.env.store.outcomes.conflicts(mapping, list({one.erp_id for one in asked}))
        untouched = [
            replace(one, conflict=replace(what, reason=known[one.erp_id, what.unit]))
            for one in still
            if (what := one.conflict).erp != what.base_erp
            and what.crm != what.base_crm
            and (one.erp_id, what.unit) in known
        ]
        self.env.store.outcomes.put_conflicts(untouched)

    async def page(self, works: Sequence[Work], answers: Answers) -> None:
        """Run one page and count it."""
        creates = self.tables.mapping.creates
        counted = await run_page(self.env, self.tables, works, self.permit(), creates=creates, answers=answers)
        self.job = self.job.add(counted, len(works))

    def finish(self) -> SynchJob:
        """The job as it is remembered."""
        now = self.env.clock()
        self.job = replace(self.job, status=JobStatus.FINISHED, started_at=self.job.created_at, finished_at=now)
        self.env.store.jobs.put(self.job)
        return self.job


def _held(one: OpenConflict) -> OpenConflict:
    reason = Reason(ReasonCode.OUTCOME_AMBIGUOUS, {"fields": one.conflict.unit})
    return replace(one, conflict=replace(one.conflict, reason=reason))


def _left(work: Work) -> tuple[Side, RecordId] | None:
    """The record that is left of a pair that parted."""
    if work.coupling is None or work.parting is None:
        return None
    side = next((side for side in Side if work.on(side) is not None), None)
    return None if side is None else (side, work.coupling.id_on(side))


def _refuse_several(record: str, ids: set[str] | set[RecordId]) -> None:
    if len(ids) > 1:
        raise UsageError(
            f"{len(ids)} records are named '{record}'; nothing was done.",
            f"Name one by its id: {', '.join(sorted(ids)[:5])}.",
        )


def _refuse_impossible(tables: Tables, asked: Sequence[OpenConflict], use: Use) -> None:
    """An answer that the mapping does not let travel is refused before anything is sent."""
    directions = {unit.name: unit.direction for unit in units_of(tables.mapping)}
    needed = {Use.ERP: (Side.CRM,), Use.CRM: (Side.ERP,), Use.BASE: tuple(Side), Use.NEWEST: tuple(Side)}[use]
    for one in asked:
        direction = directions.get(one.conflict.unit)
        if direction is not None and not all(direction.writes(side) for side in needed):
            raise UsageError(
                f"{tables.mapping.name} writes {one.conflict.unit} in one direction only, so '{use}' cannot be chosen;"
                " nothing was done.",
                "Choose the other side.",
            )
        if use is Use.BASE and (one.conflict.base_erp is None or one.conflict.base_crm is None):
            raise UsageError(
                f"The two sides never agreed on {one.conflict.unit}, so there is no earlier value; nothing was done.",
                "Choose 'erp' or 'crm'.",
            )


def _refuse_restoring(tables: Tables, asked: Sequence[RecordOutcome], strategy: OnDeletion) -> None:
    if strategy is not OnDeletion.RESTORE:
        return
    for one in asked:
        missing = Side(one.reason.data["side"].lower())
        if not can_restore(tables.mapping, missing):
            raise UsageError(
                f"{tables.mapping.name} creates no records on the {missing.value.upper()} side; nothing was done.",
                "End the coupling with '--use uncouple', and couple the right record with 'crosstie couple'.",
            )
