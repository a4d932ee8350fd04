"""Whom a connector trusts: the authorities that the machine knows, and one of a connection's own."""

import ssl

from crosstie.model.errors import SetupError


def trusting(authority: str) -> ssl.SSLContext | None:
    """What the machine trusts, with the certificates in the file ``authority`` besides; ``None`` where it is blank.

    A server in one's own house, or a sandbox, has a certificate that no public authority vouches for. SetupError when
    the file cannot be read or holds no certificate.
    """
    if not authority:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise SetupError(
            f"The certificates of the authority in {authority} cannot be read: {error}. Nothing was sent.",
            "Give a file in PEM form, as 'crosstie sandbox' prints it behind 'Authority'.",
        ) from error
    return context
