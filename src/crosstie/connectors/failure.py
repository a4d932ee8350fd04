"""Failures between us and a server, sorted by what must happen next: the part that is the same for every vendor."""

from http import HTTPStatus

from crosstie.model.errors import CrosstieError, OutcomeUnknownError, SetupError, TransientError
from crosstie.odata.errors import (
    AnswerLostError,
    NotUnderstoodError,
    ODataError,
    RefusedError,
    ServerAwayError,
    SignInRefusedError,
    ThrottledError,
)

_WAIT = "It is tried again by itself; if it stays so, look at the service's status."


def may_have_landed(error: ODataError) -> bool:
    """Whether a write that ended in ``error`` was sent and may have been applied."""
    return isinstance(error, (AnswerLostError, NotUnderstoodError))


def sort_failure(system: str, error: ODataError) -> CrosstieError:
    """What ``error`` of ``system`` asks for next."""
    match error:
        case ServerAwayError() | ThrottledError():
            return _sort_absence(system, error)
        case AnswerLostError():
            return OutcomeUnknownError(
                f"{system} at {error.host} did not answer a write; it may or may not have been applied.",
                "The record is looked at again before anything else is sent.",
                error.reason,
            )
        case RefusedError():
            return _sort_refusal(system, error)
        case SignInRefusedError():
            return SetupError(
                f"{system}: the sign-in at {error.host} was refused.",
                "Check the client id and the client secret (it may have expired), and the token URL with its tenant.",
                f"{error.status} {error.code} {error.message}".strip(),
            )
        case NotUnderstoodError():
            return SetupError(
                f"{system}: {error.host} does not answer as {system} does.",
                "Check the URL: it may be that of a web page, a proxy or another service.",
                error.what,
            )
        case _:
            return TransientError(f"{system}: {error}", _WAIT)


def _sort_absence(system: str, error: ServerAwayError | ThrottledError) -> CrosstieError:
    if isinstance(error, ThrottledError):
        return TransientError(
            f"{system} at {error.host} takes no more requests for now.",
            _WAIT,
            f"{error.code} {error.message}".strip(),
            error.retry_after_s or None,
        )
    if error.is_untrusted:
        return SetupError(
            f"{system}: the certificate of {error.host} is not trusted.",
            "Check the URL, or have the certificate's authority trusted on this machine.",
            error.reason,
        )
    return TransientError(
        f"{system} at {error.host} does not answer.",
        "Check that the URL is right and the server is running; it is tried again by itself.",
        error.reason,
    )


def _sort_refusal(system: str, error: RefusedError) -> CrosstieError:
    detail = f"{error.status} {error.code} {error.message}".strip()
    if error.status == HTTPStatus.UNAUTHORIZED:
        return SetupError(
            f"{system} at {error.host} does not accept our sign-in.",
            "Check the credentials, and that the application or user is enabled in the system itself.",
            detail,
        )
    if error.status == HTTPStatus.FORBIDDEN:
        return SetupError(
            f"{system} at {error.host} does not let our user do this.",
            "Give the integration user the roles or permission sets that the set-up guide names.",
            detail,
        )
    if error.status == HTTPStatus.NOT_FOUND:
        return SetupError(
            f"{system} at {error.host} has nothing at the address asked for.",
            "Check the URL in the connection's settings.",
            detail,
        )
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(f"{system} at {error.host} failed to answer.", _WAIT, detail)
    return SetupError(
        f"{system} at {error.host} does not understand our request.",
        "Check that the tables and columns of the mapping exist there, and report this if they do.",
        detail,
    )
