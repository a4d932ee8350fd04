"""Encrypts secrets at rest, with a key from ``CROSSTIE_KEY`` or a file that only its owner can read."""

import base64
import hashlib
import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from crosstie.app.settings import Settings
from crosstie.model.errors import SetupError
from crosstie.odata.secret import Secret

_KEY_FILE = "secret.key"
_ITERATIONS = 600_000


class Vault:
    """Turns secrets into ciphertext and back."""

    def __init__(self, key: bytes) -> None:
        self._fernet = Fernet(key)

    def encrypt(self, secret: Secret) -> bytes:
        """The secret as it may be stored."""
        return self._fernet.encrypt(secret.reveal().encode())

    def decrypt(self, ciphertext: bytes) -> Secret:
        """The secret behind ``ciphertext``; SetupError when another key encrypted it."""
        try:
            return Secret(self._fernet.decrypt(ciphertext).decode())
        except InvalidToken as error:
            raise SetupError(
                "The stored secrets of this connection were encrypted with another key.",
                "Give back the CROSSTIE_KEY or key file of then, or run 'crosstie setup' again.",
            ) from error


def open_vault(settings: Settings) -> Vault:
    """The vault of these settings; makes a key file where there is neither key nor file."""
    if settings.key is not None:
        salt = b"crosstie secrets at rest"
        derived = hashlib.pbkdf2_hmac("sha256", settings.key.encode(), salt, _ITERATIONS)
        return Vault(base64.urlsafe_b64encode(derived))
    path = settings.home / _KEY_FILE
    try:
        return Vault(path.read_bytes() if path.exists() else _make_key(path))
    except (OSError, ValueError) as error:
        raise SetupError(
            f"The key file {path} cannot be used ({error}).", "Give back the right file, or set CROSSTIE_KEY."
        ) from error


def _make_key(path: Path) -> bytes:
    key = Fernet.generate_key()
    path.parent.mkdir(parents=True, exist_ok=True)
    # O_EXCL: two first commands at once must not encrypt with two keys.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    return key
