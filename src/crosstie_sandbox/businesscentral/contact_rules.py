"""The rules of contacts as hooks: what follows is in `contacts.py` and `primary_contacts.py`."""

from crosstie_sandbox.businesscentral import contacts, primary_contacts
from crosstie_sandbox.businesscentral.behaviour import Behaviour, Write
from crosstie_sandbox.businesscentral.errors import dialog


class ContactRules(Behaviour):
    """A company contact is its own company, a person belongs to one, and customers know their contact."""

    def complete(self, write: Write) -> None:
        """Fill in the parts of the name and the company."""
        if write.before is not None:
            _keep_company(write)
        contacts.complete(write.database, write.row, write.changes, write.before)

    def modified(self, write: Write) -> None:
        """Tell the persons of a company."""
        contacts.spread(write.database, write.row, write.before or write.row)

    def renamed(self, write: Write) -> None:
        """Business relations name a contact by its number."""
        old = (write.before or write.row)["number"]
        write.database.connection.execute(
            "UPDATE businessRelations SET contactNumber = ? WHERE contactNumber = ?", (write.row["number"], old)
        )

    def deleting(self, write: Write) -> None:
        """Whoever belonged to the contact stands alone."""
        contacts.detach_persons(write.database, str(write.row["number"]))
        primary_contacts.forget(write.database, write.row)
        write.database.connection.execute(
            "DELETE FROM businessRelations WHERE contactNumber = ?", (write.row["number"],)
        )


def _keep_company(write: Write) -> None:
    before = write.before or write.row
    became_person = before["type"] == "Company" and write.row["type"] == "Person"
    if became_person and contacts.persons(write.database, str(before["number"])):
        raise dialog("You cannot change the type of a company while persons belong to it.")
    if write.row["type"] == "Company" and before["companyNumber"] == before["number"]:
        write.row["companyNumber"] = write.changes.get("companyNumber", write.row["number"])
