"""The order of mappings: waves, each of which needs only what earlier waves finished."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from crosstie.model.errors import SetupError
from crosstie.model.words import MappingName


def waves(needs: Mapping[MappingName, Iterable[MappingName]]) -> list[tuple[MappingName, ...]]:
    """Group mappings so that each wave depends on earlier waves only; names outside ``needs`` do not count.

    >>> waves({MappingName("CONTACT"): ["CUSTOMER"], MappingName("CUSTOMER"): ["CURRENCY"]})
    [('CUSTOMER',), ('CONTACT',)]
    """
    sorter = TopologicalSorter({name: [need for need in of if need in needs] for name, of in needs.items()})
    try:
        sorter.prepare()
    except CycleError as cycle:
        chain = " → ".join(cycle.args[1])
        raise SetupError(
            f"The table mappings depend on each other in a circle: {chain}.",
            "Remove one of these from the dependencies of its mapping.",
        ) from cycle
    result: list[tuple[MappingName, ...]] = []
    while sorter.is_active():
        ready = tuple(sorted(sorter.get_ready()))
        result.append(ready)
        sorter.done(*ready)
    return result
