"""A page: decide, intend, send, remember; what changed meanwhile is read and decided again, a few times at most."""

from collections.abc import Mapping, Sequence

from crosstie.model.job import Counters
from crosstie.model.words import Side
from crosstie.synch.decide_page import NOBODY_ANSWERED, decide_page
from crosstie.synch.deletions import picture
from crosstie.synch.guard import Guard
from crosstie.synch.outbox import intend, send, settle_answered
from crosstie.synch.permit import Permit, remembering
from crosstie.synch.ports.environment import Environment
from crosstie.synch.recover import settle_intents, settle_moved
from crosstie.synch.remember import remember, remember_landed
from crosstie.synch.tables import Tables
from crosstie.synch.work import Answers, Work

_ROUNDS = 4


async def run_page(
    env: Environment,
    tables: Tables,
    works: Sequence[Work],
    permit: Permit,
    *,
    creates: bool,
    answers: Answers = NOBODY_ANSWERED,
    guard: Guard | None = None,
) -> Mapping[Side, Counters]:
    """Bring these records into step; returns the counters.

    Every record leaves with exactly one remembered outcome. The caller moves its cursor afterwards: a crash in between
    repeats the page, and repeating changes nothing.
    """
    total = dict.fromkeys(Side, Counters())
    todo = list(works)
    for round_ in range(_ROUNDS):
        await decide_page(env, tables, todo, creates=creates, answers=answers)
        if await settle_moved(env, tables, todo, permit):
            await decide_page(env, tables, todo, creates=creates, answers=answers)
        if guard is not None and round_ == 0:
            guard.look(todo)
        await picture(env, tables, todo)
        intend(env, tables, todo, permit)
        states = await send(env, tables, todo, permit)
        is_last = round_ == _ROUNDS - 1
        done = [work for work in todo if is_last or not work.is_retried]
        again = [work for work in todo if not is_last and work.is_retried]
        with remembering(env, tables.mapping.name, permit):
            settle_answered(env, tables.mapping.name, states)
            counted = remember(env, tables, done, permit)
            remember_landed(env, tables, again, permit)
        total = {side: total[side] + counted[side] for side in Side}
        open_ = [intent for work in todo for intent in work.intents if intent.id not in states]
        if open_:
            await settle_intents(env, tables, open_, permit)
        if not again:
            break
        todo = [Work(side=work.side, id=work.id) for work in again]
    return total
