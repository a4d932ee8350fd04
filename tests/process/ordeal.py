"""A product that is started and killed, alone or together with both servers, at moments that chance chooses."""

import signal
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from random import Random  # noqa: TID251 - given with its seed

from tests.independent_reader import writes_of

from .program import PATIENCE_S, Product, Said, Sandbox, kill


class Victim(StrEnum):
    """What may be killed."""

    PRODUCT = "product"
    SERVERS = "servers"


PRODUCT = frozenset({Victim.PRODUCT})
EVERYTHING = frozenset(Victim)
_LOOK_S = 0.004
"""Pause between two looks, without which looking would take half of the machine."""


@dataclass(slots=True)
class Ordeal:
    """One product, both servers, and the chance that decides when to kill them."""

    product: Product
    sandbox: Sandbox
    chance: Random
    step: int
    """How far, in records, a run gets before it is killed, at most."""
    other_codes: Collection[int] = ()
    """Exit codes that a run may end with, besides success and unfinished work."""
    kills: int = 0
    runs: int = 0
    left_open: int = 0
    """Intents that the kills left without an answer."""

    def run_once(self, *words: str, kills: Collection[Victim]) -> Said:
        """Start a command and kill what ``kills`` names at a moment of its work, unless it ends before."""
        self.runs += 1
        arrived = self._moment()
        process = self.product.start(*words, "--json")
        try:
            while kills and not _ends(process):
                if arrived():
                    self._kill(process, kills)
                    break
            out, complaint = process.communicate(timeout=PATIENCE_S)
        finally:
            kill(process)
        assert process.returncode in {0, 1, *self.other_codes, -signal.SIGKILL}, (out, complaint)
        assert "Traceback" not in complaint, complaint
        if self.sandbox.process is None:
            self.sandbox.start()
        return Said(process.returncode, out, complaint)

    def _moment(self) -> Callable[[], bool]:
        """A moment inside the run, by what it has done: intents committed, settled, or so many records on their way.

        Few more records are as likely as many. Some more looks are taken after the moment has come, so that it may
        fall on either side of the next step.
        """
        progress = self.chance.choice([self._intents, self._settled, self._on_the_way()])
        goal = progress() + int(self.step ** self.chance.random())
        looks = self.chance.choice([0, 0, self.chance.randrange(40)])

        def arrived() -> bool:
            nonlocal looks
            if progress() < goal:
                return False
            looks -= 1
            return looks < 0

        return arrived

    def _intents(self) -> int:
        return self.product.count("intent")

    def _settled(self) -> int:
        return self.product.count("intent", "state != 'open'")

    def _on_the_way(self) -> Callable[[], int]:
        """Records written at the servers since this run committed its first intents."""
        before, first = self._intents(), 0

        def written() -> int:
            nonlocal first
            if not first and self._intents() > before:
                first = sum(writes_of(self.sandbox.details))
            return sum(writes_of(self.sandbox.details)) - first if first else 0

        return written

    def _kill(self, process: subprocess.Popen[str], victims: Collection[Victim]) -> None:
        steps = {Victim.PRODUCT: process.kill, Victim.SERVERS: self.sandbox.kill}
        for victim in self.chance.sample(sorted(victims), len(victims)):
            steps[victim]()
        if Victim.PRODUCT not in victims:
            self.sandbox.start()  # at once: whoever runs on finds them again
        elif process.wait(timeout=PATIENCE_S) == -signal.SIGKILL:
            self.kills += 1
            self.left_open += self._intents() - self._settled()


def _ends(process: subprocess.Popen[str]) -> bool:
    """Whether a process ends before the next look at what it has done."""
    try:
        process.wait(timeout=_LOOK_S)
    except subprocess.TimeoutExpired:
        return False
    return True
