"""One described thing: its properties, and the ways that lead from it to others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Union

Item = dict[str, object]
Way = Callable[[], Union["Node", Sequence["Node"], None]]
LANGUAGE = 1033


@dataclass(frozen=True, slots=True)
class Node:
    """`type` is the vendor's, such as StringAttributeMetadata; `declared` the one that clients expect there.

    Where a way leads is found out only when somebody goes it.
    """

    type: str
    declared: str
    properties: Item
    ways: Mapping[str, Way] = field(default_factory=dict)


def label(text: str) -> Item:
    """A text for people in the one language there is."""
    if not text:
        return {"LocalizedLabels": [], "UserLocalizedLabel": None}
    one = {"Label": text, "LanguageCode": LANGUAGE, "IsManaged": False, "MetadataId": None, "HasChanged": None}
    return {"LocalizedLabels": [one], "UserLocalizedLabel": one}


def managed(value: object, name: str) -> Item:
    """A property that whoever ships a solution can fix."""
    return {"Value": value, "CanBeChanged": True, "ManagedPropertyLogicalName": name}
