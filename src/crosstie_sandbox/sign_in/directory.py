"""Who is in the directory of a sandbox: read from data, with ids and passwords made once and kept with the state."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from crosstie_sandbox.token import Application, Credentials, IdSource, Person

SecretSource = Callable[[], str]
Kept = dict[str, Any]


def complete(kept: Mapping[str, Any], *, ids: IdSource, secret: SecretSource, access_key: SecretSource) -> Kept:
    """What was kept, with everything made that is not in it yet: ids, secrets, passwords."""
    passwords: Mapping[str, str] = kept.get("passwords", {})
    objects: Mapping[str, str] = kept.get("object_ids", {})
    clients: Mapping[str, str] = kept.get("client_ids", {})
    secrets: Mapping[str, str] = kept.get("client_secrets", {})
    people = [one["address"] for one in _directory()["people"]]
    applications = _directory()["applications"]
    return {
        "client_id": kept.get("client_id") or str(ids()),
        "client_secret": kept.get("client_secret") or secret(),
        "user": kept.get("user") or "CROSSTIE",
        "web_service_access_key": kept.get("web_service_access_key") or access_key(),
        "tenant_id": kept.get("tenant_id") or str(ids()),
        "object_ids": {address: objects.get(address) or str(ids()) for address in people},
        "passwords": {address: passwords.get(address) or secret() for address in people},
        "client_ids": {
            one["key"]: clients.get(one["key"]) or one.get("client_id") or str(ids()) for one in applications
        },
        "client_secrets": {
            one["key"]: secrets.get(one["key"]) or secret() for one in applications if not one.get("is_public")
        },
    }


def credentials(kept: Kept) -> Credentials:
    """Everyone who may call."""
    return Credentials(
        client_id=kept["client_id"],
        client_secret=kept["client_secret"],
        user=kept["user"],
        web_service_access_key=kept["web_service_access_key"],
        tenant_id=kept["tenant_id"],
        others=tuple(_application(one, kept) for one in _directory()["applications"]),
        people=tuple(_person(one, kept) for one in _directory()["people"]),
    )


def _application(described: Mapping[str, Any], kept: Kept) -> Application:
    return Application(
        client_id=kept["client_ids"][described["key"]],
        client_secret=kept["client_secrets"].get(described["key"], ""),
        name=described["name"],
        is_member=described.get("is_member", True) and not described.get("is_public", False),
    )


def _person(described: Mapping[str, Any], kept: Kept) -> Person:
    address = described["address"]
    return Person(object_id=kept["object_ids"][address], password=kept["passwords"][address], **described)


@cache
def _directory() -> dict[str, Any]:
    return tomllib.loads(files("crosstie_sandbox.sign_in").joinpath("directory.toml").read_text(encoding="utf-8"))
