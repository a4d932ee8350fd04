"""Tokens that tell an application who has signed in, and the public key to check them with.

They are signed with RSA because clients check them with the published key; that key lives as long as the process.
"""

import base64
import hashlib
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from crosstie_sandbox.odata.answer import dumps
from crosstie_sandbox.token import LIFETIME_SECONDS, Person

_EXPONENT = 65537
_BITS = 2048


def id_token(person: Person, *, client_id: str, issuer: str, tenant_id: str, nonce: str, now: int) -> str:
    """The token that says who has signed in to an application."""
    key = _key()
    head = {"typ": "JWT", "alg": "RS256", "kid": _key_id(key)}
    claims: dict[str, object] = {
        "aud": client_id,
        "iss": issuer,
        "iat": now,
        "nbf": now,
        "exp": now + LIFETIME_SECONDS,
        "name": f"{person.first_name} {person.last_name}",
        "oid": person.object_id,
        "preferred_username": person.address,
        "sub": base64.urlsafe_b64encode(hashlib.sha256(f"{client_id} {person.object_id}".encode()).digest()).decode(),
        "tid": tenant_id,
        "ver": "2.0",
    }
    claims |= {"nonce": nonce} if nonce else {}
    signed = f"{_encode(dumps(head))}.{_encode(dumps(claims))}"
    return f"{signed}.{_encode(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def published_keys() -> dict[str, object]:
    """The public key as a JSON Web Key Set."""
    key = _key()
    numbers = key.public_key().public_numbers()
    modulus = _encode(numbers.n.to_bytes(_BITS // 8, "big"))
    exponent = _encode(numbers.e.to_bytes(3, "big"))
    return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _key_id(key), "n": modulus, "e": exponent}]}


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(_EXPONENT, _BITS)


def _key_id(key: rsa.RSAPrivateKey) -> str:
    return _encode(hashlib.sha256(str(key.public_key().public_numbers().n).encode()).digest())[:27]


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
