"""Vendors' statuses and codes, sorted by what must happen next."""

import pytest

from crosstie.connectors.businesscentral import errors as businesscentral
from crosstie.connectors.dataverse import errors as dataverse
from crosstie.connectors.failure import sort_failure
from crosstie.model.errors import (
    AlreadyExistsError,
    CrosstieError,
    OutcomeUnknownError,
    RecordError,
    SetupError,
    StaleRecordError,
    TransientError,
)
from crosstie.odata.errors import (
    AnswerLostError,
    NotUnderstoodError,
    ODataError,
    RefusedError,
    ServerAwayError,
    SignInRefusedError,
    ThrottledError,
)
from crosstie.odata.message import Answer

HOST = "host.example"


def answer(status: int, code: str) -> Answer:
    """One answer of a batch."""
    return Answer(host=HOST, status=status, body={"error": {"code": code, "message": "Words."}})


@pytest.mark.parametrize(
    ("status", "code", "is_insert", "kind"),
    [
        (412, "0x80060882", False, StaleRecordError),
        (412, "0x80040237", True, AlreadyExistsError),
        (412, "0x80060892", True, AlreadyExistsError),
        (412, "0x80040333", True, RecordError),
        (404, "0x80040217", False, StaleRecordError),
        (404, "0x80040217", True, RecordError),
        (400, "0x80044331", False, RecordError),
        (400, "0x8004431A", True, RecordError),
        (400, "0x0", True, RecordError),
        (401, "", False, SetupError),
        (403, "0x80040220", False, SetupError),
        (429, "0x80072322", False, TransientError),
        (500, "0x80040216", False, TransientError),
        (503, "", True, TransientError),
    ],
)
def test_dataverse(status: int, code: str, is_insert: bool, kind: type[CrosstieError]) -> None:
    """Each refusal of Dataverse has one class, the vendor's code as detail, and a next step."""
    error = dataverse.for_operation(answer(status, code), is_insert=is_insert)
    assert type(error) is kind
    assert error.detail == " ".join(part for part in (str(status), code, "Words.") if part) or not code
    assert error.next_step


@pytest.mark.parametrize(
    ("status", "code", "is_insert", "kind"),
    [
        (409, "Request_EntityChanged", False, StaleRecordError),
        (404, "BadRequest_ResourceNotFound", False, StaleRecordError),
        (404, "Internal_RecordNotFound", True, RecordError),
        (400, "Internal_EntityWithSameKeyExists", True, AlreadyExistsError),
        (400, "Application_StringExceededLength", False, RecordError),
        (400, "Internal_InvalidTableRelation", False, RecordError),
        (401, "Authentication_InvalidCredentials", False, SetupError),
        (403, "Authorization_RequestDenied", False, SetupError),
        (408, "", False, TransientError),
        (424, "", False, TransientError),
        (429, "Application_TooManyRequests", True, TransientError),
        (500, "Internal_ServerError", False, TransientError),
    ],
)
def test_businesscentral(status: int, code: str, is_insert: bool, kind: type[CrosstieError]) -> None:
    """Each refusal of Business Central has one class, the vendor's code as detail, and a next step."""
    error = businesscentral.for_operation(answer(status, code), is_insert=is_insert)
    assert type(error) is kind
    assert code in error.detail
    assert error.next_step


def test_correlation_ids_stay_out_of_the_message() -> None:
    """A message is the same each time the same thing goes wrong, so that repeats can be told."""
    body = {"error": {"code": "BadRequest", "message": "No.  CorrelationId:  1b."}}
    error = businesscentral.for_operation(Answer(host=HOST, status=400, body=body), is_insert=True)
    assert (error.message, error.detail) == ("Business Central refuses this record: No.", "400 BadRequest No.")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ServerAwayError(HOST, "refused"), TransientError),
        (ServerAwayError(HOST, "self-signed", is_untrusted=True), SetupError),
        (ThrottledError(HOST, 40.0, "0x80072322", "Too many."), TransientError),
        (AnswerLostError(HOST, "reset"), OutcomeUnknownError),
        (SignInRefusedError(HOST, 401, "invalid_client", "Wrong."), SetupError),
        (NotUnderstoodError(HOST, "no JSON"), SetupError),
        (RefusedError(HOST, 401, "", ""), SetupError),
        (RefusedError(HOST, 403, "", ""), SetupError),
        (RefusedError(HOST, 404, "", ""), SetupError),
        (RefusedError(HOST, 400, "0x0", "No such property."), SetupError),
        (RefusedError(HOST, 500, "", ""), TransientError),
    ],
)
def test_failures_between_us_and_a_server(error: ODataError, kind: type[CrosstieError]) -> None:
    """Each failure has one class, names system and host, and says what to do next."""
    sorted_ = sort_failure("Dataverse", error)
    assert type(sorted_) is kind
    assert "Dataverse" in sorted_.message
    assert HOST in sorted_.message
    assert sorted_.next_step


def test_a_throttle_says_when_to_come_back() -> None:
    """Who schedules the next attempt learns the server's own wish."""
    error = sort_failure("Dataverse", ThrottledError(HOST, 40.0, "0x80072322", "Too many."))
    assert isinstance(error, TransientError)
    assert error.retry_after_s == 40.0
