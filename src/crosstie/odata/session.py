"""One signed-in conversation with one server: retries, ``Retry-After``, bounded concurrency, the server's clock.

Reads are sent again after anything that may pass. A write is sent again only if it provably never reached the server,
or if the server itself refused it as one too many (or for its token) before acting; otherwise
:class:`~crosstie.odata.errors.AnswerLostError` says that nobody knows.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Protocol

from crosstie.odata.errors import (
    AnswerLostError,
    NotUnderstoodError,
    RefusedError,
    ServerAwayError,
    ThrottledError,
)
from crosstie.odata.message import Answer, Request, host_of
from crosstie.odata.runtime import Runtime
from crosstie.odata.throttle import Gate, back_off, retry_after
from crosstie.odata.token import TokenProvider
from crosstie.odata.wire import Wire

PATIENCE_S = 300.0
"""How long one request may be waited for, pauses included; the longest throttling window of both vendors."""

_DATE_RESOLUTION = timedelta(seconds=1)
_TOO_MANY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_BUSY = _TOO_MANY | {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}


class IsThrottle(Protocol):
    """Tells whether an answer is the vendor's own "too many requests", given before anything was done."""

    def __call__(self, answer: Answer) -> bool:
        """Judge ``answer``, whose status is 429 or 503."""
        ...


class Session:
    """Sends requests to one server."""

    def __init__(
        self,
        *,
        url: str,
        wire: Wire,
        tokens: TokenProvider,
        runtime: Runtime,
        concurrency: int,
        is_throttle: IsThrottle,
        headers: Mapping[str, str],
    ) -> None:
        self.url = url.rstrip("/")
        self.host = host_of(url)
        self._wire = wire
        self._tokens = tokens
        self._runtime = runtime
        self._is_throttle = is_throttle
        self._headers = headers
        self._gate = Gate(concurrency)
        self._closed_until = float("-inf")
        self._server_date: tuple[datetime, float] | None = None
        self.server_time_error = timedelta()
        """How much later than :meth:`server_time` the server's clock may be: it tells whole seconds, some time ago."""

    @property
    def gate(self) -> Gate:
        """How many requests may be under way, for those who show it."""
        return self._gate

    def server_time(self) -> datetime | None:
        """The server's clock by its last answer, moved on by the time since; ``None`` before the first answer."""
        if self._server_date is None:
            return None
        date, heard_at = self._server_date
        return date + timedelta(seconds=max(0.0, self._runtime.monotonic() - heard_at))

    async def close(self) -> None:
        """Give back the sockets."""
        await self._wire.close()

    async def send(self, request: Request) -> Answer:
        """Send ``request`` until it is answered for good; raises an :class:`~crosstie.odata.errors.ODataError`."""
        if host_of(request.url) != self.host:  # our token must not leave for wherever a link points to
            raise NotUnderstoodError(self.host, f"a link to another server, {host_of(request.url)}")
        patience = _Patience(self._runtime, request)
        has_renewed = False
        while True:
            attempt = await self._attempt(request, patience)
            if attempt is not None:
                answer, authorization = attempt
                if answer.status != HTTPStatus.UNAUTHORIZED or has_renewed or not self._tokens.renew(authorization):
                    return self._judge(request, answer)
                has_renewed = True
            self._wire.meter.retries += 1

    async def _attempt(self, request: Request, patience: "_Patience") -> tuple[Answer, str] | None:
        """Send once; ``None`` after a pause says: send again."""
        wave = self._gate.wave
        try:
            async with self._gate:
                await self._until_open()
                wave = self._gate.wave
                authorization = await self._tokens.authorization(self._wire)
                sent_at = self._runtime.monotonic()
                answer = await self._wire.send(request, {**self._headers, "Authorization": authorization})
        except ServerAwayError as error:
            await patience.pause(None, error)
            return None
        except AnswerLostError as error:
            if request.is_write:
                raise
            await patience.pause(None, ServerAwayError(error.host, error.reason))
            return None
        self._hear_date(answer, sent_at)
        if not self._must_repeat(request, answer):
            return answer, authorization
        if answer.status in _TOO_MANY:
            self._gate.refused(wave)
        wanted = retry_after(answer.headers.get("Retry-After"), self._runtime.now())
        await self._hold(patience, wanted, answer)
        return None

    async def _until_open(self) -> None:
        pause = self._closed_until - self._runtime.monotonic()
        if pause > 0:
            await self._runtime.sleep(pause)

    async def _hold(self, patience: "_Patience", wanted: float | None, answer: Answer) -> None:
        """Wait as the server asks, and let nobody else through until then."""
        if wanted is not None and answer.status in _TOO_MANY:
            self._closed_until = max(self._closed_until, self._runtime.monotonic() + wanted)
        code, message = answer.error()
        await patience.pause(wanted, ThrottledError(answer.host, wanted or 0.0, code or str(answer.status), message))

    def _must_repeat(self, request: Request, answer: Answer) -> bool:
        if answer.status not in _BUSY:
            return False
        if not request.is_write:
            return True
        return answer.status in _TOO_MANY and self._is_throttle(answer)

    def _judge(self, request: Request, answer: Answer) -> Answer:
        if answer.status < HTTPStatus.MULTIPLE_CHOICES:
            self._gate.succeeded()
            return answer
        if answer.status < HTTPStatus.BAD_REQUEST:
            raise NotUnderstoodError(answer.host, f"a redirection ({answer.status}) to another address")
        code, message = answer.error()
        if request.is_write and (answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _BUSY):
            raise AnswerLostError(answer.host, f"{answer.status} {code} {message}".strip())
        raise RefusedError(answer.host, answer.status, code, message)

    def _hear_date(self, answer: Answer, sent_at: float) -> None:
        header = answer.headers.get("Date")
        if header is None:
            self._server_date = None
            return
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return
        heard_at = self._runtime.monotonic()
        self._server_date = (date.astimezone(UTC), heard_at)
        self.server_time_error = _DATE_RESOLUTION + timedelta(seconds=max(0.0, heard_at - sent_at))


class _Patience:
    """Pauses between the attempts of one request, until its time is used up."""

    def __init__(self, runtime: Runtime, request: Request) -> None:
        self._runtime = runtime
        self._started_at = runtime.monotonic()
        self._left_s = PATIENCE_S if request.is_patient else 0.0
        self._paused_s = 0.0
        self._attempt = 0

    async def pause(self, wanted: float | None, error: Exception) -> None:
        """Wait before the next attempt, or raise ``error`` because there is no time for one."""
        pause = back_off(self._attempt, self._runtime.jitter()) if wanted is None else wanted
        self._attempt += 1
        used = max(self._runtime.monotonic() - self._started_at, self._paused_s)
        if used + pause > self._left_s:
            raise error
        self._paused_s += pause
        await self._runtime.sleep(pause)
