"""A contact's name: one text in the ERP, first, middle and last name in the CRM.

Business Central splits a person's name at its blanks: the first word is the first name, the last word the surname, what
stands between is the middle name. A single word is the surname, because the CRM needs one.
"""

from crosstie.engine.convert import Converted, Invalid
from crosstie.model.reason import Reason, ReasonCode
from crosstie.model.value import Value, Values
from crosstie.model.words import Side

_FIRST_AND_LAST = 2


def person_name(values: tuple[Value, ...], to: Side, facts: Values) -> Converted | Invalid:
    """ERP ``displayName`` ↔ CRM ``firstname``, ``middlename``, ``lastname``.

    >>> person_name(("Juan de la Cruz",), Side.CRM, {})
    Converted(values=('Juan', 'de la', 'Cruz'), truncated=())
    >>> person_name(("Juan", "de la", "Cruz"), Side.ERP, {})
    Converted(values=('Juan de la Cruz',), truncated=())
    """
    del facts
    words = [word for value in values if value is not None for word in str(value).split()]
    if to is Side.ERP:
        return Converted((" ".join(words) or None,))
    if not words:
        return Invalid(Reason(ReasonCode.NAME_MISSING))
    first = words[0] if len(words) >= _FIRST_AND_LAST else None
    middle = " ".join(words[1:-1]) or None
    return Converted((first, middle, words[-1]))
