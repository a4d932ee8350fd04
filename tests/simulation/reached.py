"""What a simulation must have reached to be worth anything: every fault, every deed of people, every outcome."""

from collections.abc import Set as AbstractSet

from tests.simulation.weather import FAULTS

DEEDS = {"create", "edit", "delete", "restore", "touch", "filter", "re-key", "merge", "undo", "answer"}
OUTCOMES = {
    "crash",
    "stopped",
    "job in error",
    "some inserted",
    "some modified",
    "some deleted",
    "some unchanged",
    "some failed",
    "some skipped",
    "some conflicts",
    "some waiting",
    "conflict: both_edited",
    "conflict: outcome_ambiguous",
}


def missing(met: AbstractSet[str] | dict[str, int]) -> AbstractSet[str]:
    """What was never met."""
    return (FAULTS | {"pause"} | DEEDS | OUTCOMES) - set(met)
