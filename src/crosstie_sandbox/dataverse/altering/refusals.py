"""Refusals of alterations, in the vendor's words as far as they are known."""

from crosstie_sandbox.dataverse.errors import ServiceError


def name_taken(kind: str, name: str) -> ServiceError:
    """Something of that name is defined already."""
    text = f"{kind} with the specified name {name} already exists. Please specify a unique name."
    return ServiceError(400, "0x80044363", text)


def bad_name(name: str) -> ServiceError:
    """A name without the prefix that keeps publishers apart."""
    text = (
        f"The schema name '{name}' is not valid: it needs a customization prefix such as 'new_', then letters,"
        " digits and underscores."
    )
    return ServiceError(400, "0x80044361", text)


def no_such_definition(kind: str, name: str) -> ServiceError:
    """What an alteration is about is not defined."""
    return ServiceError(400, "0x80041102", f"The {kind} '{name}' does not exist.")


def part_of_the_system(kind: str, name: str) -> ServiceError:
    """What came with the system stays."""
    text = f"The {kind} '{name}' is part of the system: it cannot be deleted. Only custom ones can."
    return ServiceError(400, "0x8004f01a", text)


def depended_on(kind: str, name: str, by: str) -> ServiceError:
    """Something else would break."""
    text = f"The {kind}({name}) component cannot be deleted because it is referenced by {by}. Delete that first."
    return ServiceError(400, "0x8004f01f", text)


def bad_definition(reason: str) -> ServiceError:
    """A definition that makes no sense."""
    return ServiceError(400, "0x80048403", reason)


def too_many_keys(table: str, most: int) -> ServiceError:
    """A table has a limited number of alternate keys."""
    text = f"The table '{table}' has {most} alternate keys already, and cannot have more."
    return ServiceError(400, "0x80060893", text)
