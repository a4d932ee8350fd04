"""What the service checks about registrations, and the secret it never gives back."""

from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import ServiceError, invalid_argument
from crosstie_sandbox.dataverse.payload import Changes
from crosstie_sandbox.dataverse.schema import Table
from crosstie_sandbox.dataverse.writing import Extension, Writer

WEBHOOK = 8
KEY, HEADER, QUERY = 4, 5, 6
_SECRETS = "CREATE TABLE IF NOT EXISTS webhook_secret (serviceendpointid TEXT PRIMARY KEY, value TEXT NOT NULL)"


def add_secrets_table(database: Database) -> None:
    """Where secrets are kept, out of reach of every query."""
    database.execute(_SECRETS)


class Registration(Extension):
    """Checks endpoints and steps, and takes the secret out of an endpoint's row."""

    def before(self, writer: Writer, table: Table, old: Changes | None, new: Changes | None) -> None:
        """Refuse what cannot be delivered."""
        del old
        if new is None:
            return
        if table.logical_name == "serviceendpoint":
            self._check_endpoint(writer, new)
        elif table.logical_name == "sdkmessageprocessingstep":
            _check_step(new)

    def _check_endpoint(self, writer: Writer, new: Changes) -> None:
        if new["contract"] != WEBHOOK or new["authtype"] not in {KEY, HEADER, QUERY}:
            raise invalid_argument("The sandbox delivers to webhooks only: contract 8 with authtype 4, 5 or 6.")
        address = urlsplit(str(new["url"] or ""))
        if address.scheme not in {"http", "https"} or not address.hostname:
            raise invalid_argument("The URL of a webhook must be an absolute address with http or https.")
        secret = new["authvalue"]
        if secret is not None:
            if new["authtype"] != KEY:
                settings_of(str(secret))
            keep = "INSERT INTO webhook_secret VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2"
            writer.database.execute(keep, (new["serviceendpointid"], secret))
            new["authvalue"], new["isauthvalueset"] = None, 1


def _check_step(new: Changes) -> None:
    if new["sdkmessageid"] is None or new["eventhandler"] is None:
        raise ServiceError(400, "0x80044189", "A step needs a message and an event handler.")
    if new["mode"] != 1 or new["stage"] != 40:  # noqa: PLR2004 - asynchronous, after the operation
        raise invalid_argument("The sandbox carries out asynchronous steps (mode 1) of the stage 40 only.")


def settings_of(secret: str) -> dict[str, str]:
    """Names and values of `<settings><setting name="" value=""/></settings>`."""
    try:
        root = ET.fromstring(secret)  # noqa: S314 - written by who may change the server's set-up
        return {one.attrib["name"]: one.attrib["value"] for one in root.iter("setting")}
    except (ET.ParseError, KeyError):
        text = 'The authvalue must be \'<settings><setting name="..." value="..." /></settings>\'.'
        raise invalid_argument(text) from None
