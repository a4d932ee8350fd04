"""Who calls: the user that an identity is, and the user it acts for if it says so."""

from collections.abc import Mapping, Sequence

from crosstie_sandbox.dataverse.database import Database
from crosstie_sandbox.dataverse.errors import disabled, not_a_member, row_missing
from crosstie_sandbox.dataverse.security.refusals import privilege_missing
from crosstie_sandbox.dataverse.security.rights import Rights, RightsBook
from crosstie_sandbox.dataverse.writing import Caller
from crosstie_sandbox.token import Identity

ACT_FOR_OTHERS = "prvActOnBehalfOfAnotherUser"
_IMPERSONATION = (("callerobjectid", "azureactivedirectoryobjectid"), ("mscrmcallerid", "systemuserid"))
"""Headers that name whom to act for, and the column that holds it."""


def caller_of(
    database: Database, book: RightsBook, identity: Identity, headers: Mapping[str, str]
) -> tuple[Caller, Rights]:
    """The user to act as and its rights; raises ServiceError for a stranger, and for who may not act for others."""
    named = tuple(headers.get(header, "").strip().lower() for header, _ in _IMPERSONATION)
    return book.remembered((identity, named), lambda: _found(database, book, identity, named))


def _found(database: Database, book: RightsBook, identity: Identity, named: Sequence[str]) -> tuple[Caller, Rights]:
    if identity.person:
        own = _user(database, "azureactivedirectoryobjectid", identity.person)
    else:
        own = _user(database, "applicationid", identity.application)
    if own is None:
        raise not_a_member()
    rights = book.of(own)
    for (_, column), wanted in zip(_IMPERSONATION, named, strict=True):
        if wanted:
            return _acting_for(database, book, rights, column, wanted)
    return _caller(database, own, own), rights


def _acting_for(
    database: Database, book: RightsBook, rights: Rights, column: str, wanted: str
) -> tuple[Caller, Rights]:
    if not rights.scope(ACT_FOR_OTHERS):
        raise privilege_missing(rights, ACT_FOR_OTHERS)
    user = _user(database, column, wanted)
    if user is None:
        raise row_missing("systemuser", wanted)
    return _caller(database, user, rights.user), book.of(user).shared(rights)


def _user(database: Database, column: str, value: str) -> str | None:
    query = f"SELECT systemuserid, isdisabled FROM main.systemuser WHERE {column} = ?"
    found = database.execute(query, (value,)).fetchone()
    if found is None:
        return None
    if found[1]:
        raise disabled(str(found[0]))
    return str(found[0])


def _caller(database: Database, user: str, initiator: str) -> Caller:
    query = (
        "SELECT caller.businessunitid, organization.organizationid, basecurrencyid"
        " FROM main.systemuser AS caller, main.organization WHERE caller.systemuserid = ?"
    )
    unit, organization, currency = database.execute(query, (user,)).fetchone()
    return Caller(user, str(unit), str(organization), currency, initiator)
