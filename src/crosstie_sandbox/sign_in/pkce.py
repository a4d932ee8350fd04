"""Proof Key for Code Exchange (RFC 7636): only who asked for a code can redeem it."""

import base64
import hashlib
import re

from crosstie_sandbox.sign_in.refusals import SignInError
from crosstie_sandbox.token import same

_WRITTEN = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_METHODS = ("S256", "plain")


def check_challenge(challenge: str, method: str) -> None:
    """Refuse a challenge that no verifier could meet; none at all is allowed, as the vendor does."""
    if not challenge:
        return
    if method not in _METHODS:
        raise SignInError("challenge_method", method=method)
    if not _WRITTEN.fullmatch(challenge):
        raise SignInError("challenge_size")


def check_verifier(verifier: str, challenge: str, method: str) -> None:
    """Refuse whoever does not know what the challenge was made from."""
    if not challenge:
        return
    if not verifier:
        raise SignInError("verifier_missing")
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() if method == "S256" else verifier
    if not same(made, challenge):
        raise SignInError("verifier_wrong")
