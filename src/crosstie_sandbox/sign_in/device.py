"""The device code flow: a program without a browser shows a code, a person enters it elsewhere."""

import hashlib
from dataclasses import dataclass, replace

from crosstie_sandbox.sign_in.authority import Authority, Grant
from crosstie_sandbox.sign_in.refusals import SignInError
from crosstie_sandbox.token import Application, Person

EXPIRES_SECONDS = 900
INTERVAL_SECONDS = 5
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""None that people take for another."""
_CODE_LENGTH = 9
_MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class _Waiting:
    user_code: str
    grant: Grant
    until: float
    is_declined: bool = False


class Devices:
    """The codes under way; a restart forgets them."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._waiting: dict[str, _Waiting] = {}

    def begin(self, application: Application, scope: str) -> tuple[str, str]:
        """A device code for the program and a user code for the person."""
        grant = Grant(application.client_id, "", scope)
        device_code = self._authority.seal("device", grant, EXPIRES_SECONDS)
        user_code = _short(device_code)
        until = self._authority.clock().timestamp() + EXPIRES_SECONDS
        self._waiting[device_code] = _Waiting(user_code, grant, until)
        if len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        return device_code, user_code

    def application(self, user_code: str) -> Application | None:
        """Which application shows a user code, while it is valid."""
        found = self._find(user_code)
        return None if found is None else self._authority.credentials.application(found[1].grant.client_id)

    def decide(self, user_code: str, person: Person | None) -> None:
        """Let a person in, or decline for None."""
        found = self._find(user_code)
        if found is None:
            raise SignInError("device_code_unknown")
        code, waiting = found
        if person is None:
            self._waiting[code] = replace(waiting, is_declined=True)
        else:
            self._waiting[code] = replace(waiting, grant=replace(waiting.grant, person=person.object_id))

    def granted(self, device_code: str, application: Application) -> Grant:
        """What a person granted; raises SignInError while there is nothing yet."""
        waiting = self._waiting.get(device_code)
        if waiting is None or waiting.grant.client_id != application.client_id:
            raise SignInError("device_code_unknown")
        if waiting.is_declined:
            raise SignInError("device_declined")
        if waiting.until <= self._authority.clock().timestamp():
            raise SignInError("device_code_expired")
        if not waiting.grant.person:
            raise SignInError("device_pending")
        del self._waiting[device_code]
        return waiting.grant

    def _find(self, user_code: str) -> tuple[str, _Waiting] | None:
        wanted = user_code.replace("-", "").replace(" ", "").upper()
        now = self._authority.clock().timestamp()
        for code, waiting in self._waiting.items():
            if (
                waiting.user_code == wanted
                and waiting.until > now
                and not (waiting.grant.person or waiting.is_declined)
            ):
                return code, waiting
        return None


def _short(device_code: str) -> str:
    """A code to type: nobody can guess it who cannot guess the other."""
    digest = hashlib.sha256(device_code.encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_CODE_LENGTH])
