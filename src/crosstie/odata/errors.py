"""What can go wrong between a request and its answer, by what is known about it afterwards.

ODataError
├── ServerAwayError      the request was not acted upon: nobody answered, or (a read) no answer came in time
├── AnswerLostError      a write was sent and its answer never came: it may or may not have been applied
├── ThrottledError       the server refuses for now, for longer than we wait
├── RefusedError         the server answered no: status, vendor's code and words
├── SignInRefusedError   the token endpoint answered no
└── NotUnderstoodError   what answered does not speak the protocol

Texts carry hosts, statuses and the vendor's words: never headers, bodies or secrets.
"""

from dataclasses import dataclass


class ODataError(Exception):
    """Something went wrong between request and answer."""


@dataclass(eq=False)
class ServerAwayError(ODataError):
    """The request was not acted upon: the server could not be reached, or a read got no answer."""

    host: str
    reason: str
    is_untrusted: bool = False
    """The server was there, and its certificate is not trusted."""

    def __str__(self) -> str:
        return f"{self.host} does not answer: {self.reason}"


@dataclass(eq=False)
class AnswerLostError(ODataError):
    """A write was sent and its answer was lost."""

    host: str
    reason: str

    def __str__(self) -> str:
        return f"the answer of {self.host} to a write was lost: {self.reason}"


@dataclass(eq=False)
class ThrottledError(ODataError):
    """The server asks to come back later than we are ready to wait."""

    host: str
    retry_after_s: float
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.host} is busy: {self.code} {self.message}".rstrip()


@dataclass(eq=False)
class RefusedError(ODataError):
    """The server answered no."""

    host: str
    status: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.host} answered {self.status} {self.code}: {self.message}"


@dataclass(eq=False)
class SignInRefusedError(ODataError):
    """The token endpoint answered no."""

    host: str
    status: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.host} refused to sign us in: {self.status} {self.code}: {self.message}"


@dataclass(eq=False)
class NotUnderstoodError(ODataError):
    """The answer is not what the protocol says."""

    host: str
    what: str

    def __str__(self) -> str:
        return f"{self.host} answered something that is not OData: {self.what}"
