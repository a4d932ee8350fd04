"""Sending a document to its customer: the sandbox sends no mail, it checks and notes what the application would."""

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.rows import Row, change
from crosstie_sandbox.businesscentral.sales.kinds import QUOTE, DocumentKind
from crosstie_sandbox.businesscentral.sales.partners import customer_of


def check_email(database: Database, kind: DocumentKind, header: Row) -> None:
    """Refuse to send a document of a customer without an e-mail address."""
    if header["email"] == "" and customer_of(database, header["customerNumber"])["email"] == "":
        named = kind.name.lower()
        raise dialog(
            f"The send-to email is empty. Specify email either for the customer or for the {named} in email preview."
        )


def send_quote(database: Database, quote: Row) -> None:
    """A quote that was sent says when."""
    check_email(database, QUOTE, quote)
    change(database, QUOTE.header_page, quote, {"sentDate": database.now, "status": "Sent"})
