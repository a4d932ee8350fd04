"""Invented people, companies and addresses, put together by chance from the lists in `names.toml`."""

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Chance(Protocol):
    """The part of `random.Random` that is used here."""

    def random(self) -> float:
        """A number from 0 up to but not including 1."""
        ...

    def randrange(self, start: int, stop: int, /) -> int:
        """A whole number from start up to but not including stop."""
        ...

    def choice(self, seq: Sequence[T], /) -> T:
        """One of several."""
        ...


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who does not exist."""

    first_name: str
    last_name: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"

    def email(self, domain: str) -> str:
        """An address at a domain."""
        return f"{slug(self.first_name)}.{slug(self.last_name)}@{domain}"


@cache
def names() -> Mapping[str, Any]:
    """The lists to choose from."""
    text = files("crosstie_sandbox.company").joinpath("names.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def a_person(chance: Chance) -> Person:
    """Somebody."""
    return Person(chance.choice(names()["first_names"]), chance.choice(names()["last_names"]))


def a_country(chance: Chance) -> Mapping[str, Any]:
    """A country with its streets, places and ways to write a telephone number."""
    country: Mapping[str, Any] = chance.choice(names()["countries"])
    return country


def a_company_name(chance: Chance, country: Mapping[str, Any]) -> str:
    """What a company of that country may be called."""
    legal_form = chance.choice(country["legal_forms"])
    return f"{chance.choice(names()['trades'])} {chance.choice(names()['kinds'])} {legal_form}"


def an_address(chance: Chance, country: Mapping[str, Any]) -> dict[str, str]:
    """The address columns that customers and contacts share."""
    postal_code, city, state = chance.choice(country["places"])
    return {
        "addressLine1": chance.choice(country["streets"]).format(chance.randrange(1, 180)),
        "addressLine2": f"{chance.randrange(1, 9)}. OG" if chance.random() < _SECOND_LINE else "",
        "city": city,
        "state": state,
        "country": country["code"],
        "postalCode": postal_code,
    }


def a_phone(chance: Chance, country: Mapping[str, Any]) -> str:
    """A telephone number: often missing, sometimes one that many share."""
    luck = chance.random()
    if luck < _NO_PHONE:
        return ""
    if luck < _SHARED_PHONE:
        return str(country["phone"]).format(0, 0)
    return str(country["phone"]).format(chance.randrange(1, 100), chance.randrange(0, 100))


def slug(text: str) -> str:
    """A text as it may stand in a domain name: letters and digits of ASCII only."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(_SPELLED))
    kept = "".join(character for character in plain if character.isascii() and character.isalnum())
    return kept or "post"


_SECOND_LINE = 0.15
_NO_PHONE = 0.15
_SHARED_PHONE = 0.25
_SPELLED = str.maketrans({"ß": "ss", "ø": "oe", "þ": "th", "ð": "d", "ł": "l", "æ": "ae"})
