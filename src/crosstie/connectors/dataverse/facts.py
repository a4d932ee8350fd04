"""What rules must know of a Dataverse environment: its name, its base currency, our user."""

from dataclasses import dataclass

from crosstie.connectors.dataverse.service import Service
from crosstie.model.errors import SetupError
from crosstie.model.value import Values
from crosstie.odata.errors import NotUnderstoodError
from crosstie.odata.message import Answer, JsonObject
from crosstie.odata.paging import page_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """The one row of the table organization, as far as we need it."""

    name: str
    base_currency_id: str
    currency_decimal_precision: int


async def user_id(service: Service, *, purpose: str, is_patient: bool = True) -> str:
    """Our own user."""
    answer = await service.get(service.url("WhoAmI"), purpose=purpose, is_patient=is_patient)
    return _text(answer, "UserId").lower()


def _text(answer: Answer, name: str) -> str:
    """A property that every such answer has; what lacks it came from somebody else."""
    text = answer.json().get(name)
    if not isinstance(text, str) or not text:
        raise NotUnderstoodError(answer.host, f"an answer without {name}")
    return text


async def organization(service: Service, *, purpose: str, is_patient: bool = True) -> Organization:
    """The environment's organization."""
    select = "name,_basecurrencyid_value,currencydecimalprecision"
    url = service.url("organizations", {"$select": select})
    rows = page_of(await service.get(url, purpose=purpose, is_patient=is_patient)).rows
    if not rows:
        raise SetupError(
            f"Dataverse at {service.host} does not show us its organization.",
            "Give the integration user the roles that the set-up guide names.",
        )
    return _read(rows[0])


def _read(row: JsonObject) -> Organization:
    return Organization(
        name=str(row.get("name") or ""),
        base_currency_id=str(row.get("_basecurrencyid_value") or "").lower(),
        currency_decimal_precision=int(str(row.get("currencydecimalprecision") or 0)),
    )


async def facts(service: Service) -> Values:
    """The facts by name."""
    user = await user_id(service, purpose="facts")
    found = await organization(service, purpose="facts")
    path = f"transactioncurrencies({found.base_currency_id})"
    url = service.url(path, {"$select": "isocurrencycode"})
    currency = await service.get(url, purpose="facts")
    return {
        "organization_name": found.name,
        "base_currency_id": found.base_currency_id,
        "base_currency": _text(currency, "isocurrencycode"),
        "currency_decimal_precision": found.currency_decimal_precision,
        "user_id": user,
    }
