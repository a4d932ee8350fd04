"""Refusals of solutions, in the vendor's words as far as they are known."""

from crosstie_sandbox.dataverse.errors import ServiceError


def bad_file(reason: str) -> ServiceError:
    """No solution at all."""
    text = f"The solution file is invalid. The compressed file must contain the following files at its root: {reason}"
    return ServiceError(400, "0x80048060", text)


def bad_xml(part: str, reason: str) -> ServiceError:
    """Customizations that cannot be read."""
    text = f"The import file is invalid. XSD validation failed with the following error: '{reason}' in {part}."
    return ServiceError(400, "0x8004801a", text)


def older(name: str, installed: str, given: str) -> ServiceError:
    """A later version is there already."""
    text = f"The solution '{name}' is installed in version {installed}; version {given} is older and is not imported."
    return ServiceError(400, "0x80048059", text)


def other_mode(name: str, *, managed: bool) -> ServiceError:
    """The solution is there, but managed where this one is not, or the other way about."""
    there, here = ("unmanaged", "managed") if managed else ("managed", "unmanaged")
    text = (
        f"The solution is already installed on this system as an {there} solution and the package supplied is"
        f" attempting to install it in {here} mode. Import can only update solutions when the modes match."
        f" Uninstall the current solution '{name}' and try again."
    )
    return ServiceError(400, "0x80048037" if managed else "0x80048036", text)


def missing(what: str) -> ServiceError:
    """Something the solution needs is not there."""
    text = f"The following solution cannot be imported. Some dependencies are missing: {what}."
    return ServiceError(400, "0x80048033", text)


def not_exportable(name: str) -> ServiceError:
    """Managed solutions stay where they are."""
    text = f"An error occurred while exporting the solution '{name}'. Managed solutions cannot be exported."
    return ServiceError(400, "0x80048038", text)


def no_such_solution(name: str) -> ServiceError:
    """Nothing of that name is installed."""
    return ServiceError(404, "0x80040217", f"The solution with the unique name '{name}' does not exist.")
