"""Connections: described by a draft, saved with their secrets encrypted, opened as two connectors."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import sqlalchemy as sa

from crosstie.app.vault import Vault
from crosstie.connectors import businesscentral, dataverse
from crosstie.connectors.table_file import TableFile
from crosstie.model.errors import SetupError
from crosstie.model.words import ConnectionId
from crosstie.odata.runtime import Runtime
from crosstie.odata.secret import Secret
from crosstie.store.connections import StoredConnection, load_connection, save_connection
from crosstie.synch.ports.connector import Connector

_SECRETS = ("client_secret", "web_service_access_key")
_CRM_KEYS = {"url", "token_url", "client_id", "client_secret", "scope", "ca"}
_ERP_KEYS = {*_CRM_KEYS, "company_id", "user", "web_service_access_key"}
_IGNORED = {"tls_url"}
"""Members of the sandbox's first line that a connection does not need: it goes to ``url``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDraft:
    """A connection as a person or program describes it: settings of both sides, secrets still in the open."""

    title: str
    erp: Mapping[str, str | Secret]
    crm: Mapping[str, str | Secret]


def draft_from(answers: Mapping[str, object]) -> ConnectionDraft:
    """A draft from a document with the members ``crm`` and ``erp``, as the sandbox prints one.

    Raises SetupError naming what is missing, unknown or of the wrong type.
    """
    sides: dict[str, dict[str, str | Secret]] = {}
    for side, known in (("crm", _CRM_KEYS), ("erp", _ERP_KEYS)):
        given = answers.get(side)
        if not isinstance(given, Mapping):
            raise SetupError(
                f"The answers have no section '{side}'; nothing was saved.",
                "Give 'crm' and 'erp', as the first line of 'crosstie sandbox --json' does.",
            )
        sides[side] = _checked(side, given, known)
    url = str(sides["erp"].get("url", "")).rstrip("/")
    sides["erp"]["url"] = url if "/api/" in url else f"{url}/api/v2.0"
    title = answers.get("title")
    return ConnectionDraft(title=title if isinstance(title, str) else "", erp=sides["erp"], crm=sides["crm"])


def _checked(side: str, given: Mapping[str, object], known: set[str]) -> dict[str, str | Secret]:
    result: dict[str, str | Secret] = {}
    for key, value in given.items():
        if key in _IGNORED or value is None or (key == "ca" and str(given.get("url")).startswith("http:")):
            continue  # nobody needs to vouch for a server that is spoken to in clear
        if key not in known:
            raise SetupError(
                f"The answers for '{side}' have an unknown member '{key}'; nothing was saved.",
                f"Known are {', '.join(sorted(known))}.",
            )
        if not isinstance(value, str):
            raise SetupError(f"The answer {side}.{key} must be text; nothing was saved.", "Put it in quotes.")
        # Whoever uses the connection later may stand in another folder.
        result[key] = Secret(value) if key in _SECRETS else str(Path(value).absolute()) if key == "ca" else value
    return result


def open_crm(
    settings: Mapping[str, str | Secret], runtime: Runtime, declared: Mapping[str, TableFile] = MappingProxyType({})
) -> Connector:
    """A connector to the CRM; ``declared`` are columns and tables besides those that it knows."""
    return dataverse.connect(
        dataverse.DataverseSettings(
            url=_text(settings, "url"),
            token_url=_text(settings, "token_url"),
            client_id=_text(settings, "client_id"),
            client_secret=_secret(settings, "client_secret") or Secret(""),
            scope=_text(settings, "scope"),
            ca=_text(settings, "ca"),
        ),
        runtime,
        declared=declared,
    )


def open_erp(
    settings: Mapping[str, str | Secret], runtime: Runtime, declared: Mapping[str, TableFile] = MappingProxyType({})
) -> Connector:
    """A connector to the ERP; ``declared`` are columns and tables besides those that it knows."""
    whole = businesscentral.BusinessCentralSettings(
        url=_text(settings, "url"),
        company_id=_text(settings, "company_id"),
        token_url=_text(settings, "token_url"),
        client_id=_text(settings, "client_id"),
        client_secret=_secret(settings, "client_secret"),
        user=_text(settings, "user"),
        web_service_access_key=_secret(settings, "web_service_access_key"),
        ca=_text(settings, "ca"),
    )
    scope = _text(settings, "scope")
    return businesscentral.connect(replace(whole, scope=scope) if scope else whole, runtime, declared=declared)


def save(engine: sa.Engine, vault: Vault, id_: ConnectionId, draft: ConnectionDraft, *, at: datetime) -> None:
    """Store a connection; its secrets encrypted."""
    secrets = {
        f"{side}.{key}": vault.encrypt(value)
        for side, settings in (("erp", draft.erp), ("crm", draft.crm))
        for key, value in settings.items()
        if isinstance(value, Secret)
    }
    one = StoredConnection(id=id_, title=draft.title, erp=_open(draft.erp), crm=_open(draft.crm), secrets=secrets)
    save_connection(engine, one, at=at)


def load(engine: sa.Engine, vault: Vault, id_: ConnectionId) -> ConnectionDraft:
    """The stored connection with its secrets; SetupError when there is none."""
    stored = load_connection(engine, id_)
    if stored is None:
        raise SetupError(
            "No CRM and ERP are connected yet.",
            "Run 'crosstie setup --answers FILE', or 'crosstie demo' to see it with sandbox systems.",
        )
    sides: dict[str, dict[str, str | Secret]] = {"erp": dict(stored.erp), "crm": dict(stored.crm)}
    for name, ciphertext in stored.secrets.items():
        side, _, key = name.partition(".")
        sides[side][key] = vault.decrypt(ciphertext)
    return ConnectionDraft(title=stored.title, erp=sides["erp"], crm=sides["crm"])


def _open(settings: Mapping[str, str | Secret]) -> dict[str, str]:
    return {key: value for key, value in settings.items() if isinstance(value, str)}


def _text(settings: Mapping[str, str | Secret], key: str) -> str:
    value = settings.get(key, "")
    return value if isinstance(value, str) else ""


def _secret(settings: Mapping[str, str | Secret], key: str) -> Secret | None:
    value = settings.get(key)
    return value if isinstance(value, Secret) else None
