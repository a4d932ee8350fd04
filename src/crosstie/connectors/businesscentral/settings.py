"""Where a Business Central company is and who we are there."""

from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from crosstie.model.errors import UsageError
from crosstie.odata.secret import Secret

_API_PATH = "/api/v2.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCentralSettings:
    """Settings of a connection: an application with its secret, or (on-premises) a user with a key."""

    url: str
    """Address of the environment or server instance, with or without ``/api/v2.0``."""
    company_id: str
    token_url: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    scope: str = "https://api.businesscentral.dynamics.com/.default"
    user: str = ""
    web_service_access_key: Secret | None = None
    ca: str = ""
    """File with the certificate of an authority that the machine does not know; blank: only those that it knows."""
    concurrency: int = 4
    """Requests under way at most; the service works on 5 of a user at a time."""

    def __post_init__(self) -> None:
        _check_address("url", self.url)
        try:
            UUID(self.company_id)
        except ValueError:
            raise UsageError(
                "Business Central: the setting company_id is not an id.",
                "Give the id of the company as the API lists it under companies, not its name.",
            ) from None
        if self.client_secret is not None and self.client_id:
            _check_address("token_url", self.token_url)
        elif self.web_service_access_key is None or not self.user:
            raise UsageError(
                "Business Central: the connection has no complete credentials.",
                "Give token_url, client_id and client_secret, or (on-premises) user and web_service_access_key.",
            )

    @property
    def api_url(self) -> str:
        """Root of the API."""
        url = self.url.rstrip("/")
        return url if url.endswith(_API_PATH) else url + _API_PATH


def _check_address(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            f"Business Central: the setting {name} is not a web address.",
            "Give the whole address, as https://api.businesscentral.dynamics.com/v2.0/production/api/v2.0.",
        )
