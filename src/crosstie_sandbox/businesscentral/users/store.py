"""The users of a company's database. A key is shown when it is made and kept as a hash only."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from crosstie_sandbox.businesscentral.database import Database
from crosstie_sandbox.businesscentral.errors import dialog
from crosstie_sandbox.businesscentral.users.permissions import (
    AUTOMATION,
    ORDINARY,
    SUPER,
    licenses,
    may_administer,
    permission_sets,
)
from crosstie_sandbox.businesscentral.values import upper_case
from crosstie_sandbox.token import Credentials, Identity, same

_TABLE = """CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE, fullName TEXT NOT NULL, address TEXT NOT NULL,
    license TEXT NOT NULL, permissionSet TEXT NOT NULL, enabled INTEGER NOT NULL,
    keyHash TEXT NOT NULL, keyExpires TEXT NOT NULL
)"""
_COLUMNS = "id, name, fullName, address, license, permissionSet, enabled, keyHash, keyExpires"
_LONGEST_NAME = 50
_LONGEST_FULL_NAME = 80
_EXPIRES = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class User:
    """A line of the page Users."""

    id: str
    name: str
    full_name: str
    address: str
    """By which a person of the directory is known to be this user; empty for one that only programs use."""
    license: str
    permission_set: str
    enabled: bool
    key_hash: str
    key_expires: str
    """Empty for a key that never expires."""

    @property
    def has_key(self) -> bool:
        """Whether a web service access key was ever made."""
        return bool(self.key_hash)

    @property
    def is_administrator(self) -> bool:
        """Whether the user may change users and web services."""
        return may_administer(self.permission_set)


@dataclass(frozen=True, slots=True)
class Users:
    """All users of a database."""

    database: Database

    def prepare(self, credentials: Credentials) -> None:
        """Make the table, and the users that are not in it yet: people of the directory and the integration's own."""
        database = self.database
        with database.transaction():
            database.connection.execute(_TABLE)
            for person in credentials.people:
                name = person.address.partition("@")[0]
                rights = SUPER if person.is_administrator else ORDINARY
                self._ensure(name, f"{person.first_name} {person.last_name}", person.address, "Full User", rights)
            if credentials.user and self._ensure(credentials.user, "Integration", "", "External User", AUTOMATION):
                self._set_key(credentials.user, credentials.web_service_access_key, "")

    def all(self) -> Sequence[User]:
        """Every user in the order of their names."""
        rows = self.database.connection.execute(f"SELECT {_COLUMNS} FROM users ORDER BY name").fetchall()
        return [_user(row) for row in rows]

    def named(self, name: str) -> User:
        """The user with a name; raises when there is none."""
        found = self._find("name", upper_case(name))
        if found is None:
            raise dialog(f"The User does not exist. Identification fields and values: User Name='{name}'")
        return found

    def permission_set_of(self, identity: Identity) -> str | None:
        """What a caller may do, or None if it is a user that is disabled or a person who is no user."""
        if identity.application and not identity.person:
            return AUTOMATION
        found = self._find("address", identity.name) if identity.person else self._find("name", identity.name)
        return found.permission_set if found is not None and found.enabled else None

    def with_key(self, name: str, key: str) -> Identity | None:
        """Who signs in with a user name and a web service access key."""
        found = self._find("name", upper_case(name)) if name else None
        if found is None or not found.enabled or not found.has_key:
            return None
        expired = found.key_expires != "" and found.key_expires <= self.database.clock().strftime(_EXPIRES)
        return Identity(name=found.name) if same(_hash(found.id, key), found.key_hash) and not expired else None

    def at(self, address: str) -> User | None:
        """The user that a person of the directory is."""
        return self._find("address", address)

    def change_key(self, name: str, expires: datetime | None = None) -> str:
        """Make a new web service access key and return it; the one before opens nothing any more."""
        user = self.named(name)
        seed = self.database.ids().bytes + self.database.ids().bytes
        key = b64encode(hashlib.sha256(seed).digest()).decode("ascii")
        if expires is not None and expires <= self.database.clock():
            raise dialog("The expiry date of a web service access key must lie in the future.")
        with self.database.transaction():
            self._set_key(user.name, key, "" if expires is None else expires.astimezone(UTC).strftime(_EXPIRES))
        return key

    def remove_key(self, name: str) -> None:
        """Take the web service access key of a user away."""
        with self.database.transaction():
            self.database.connection.execute(
                "UPDATE users SET keyHash = '', keyExpires = '' WHERE name = ?", (self.named(name).name,)
            )

    def set_enabled(self, name: str, *, enabled: bool) -> None:
        """Enable or disable a user."""
        user = self.named(name)
        with self.database.transaction():
            self.database.connection.execute("UPDATE users SET enabled = ? WHERE name = ?", (int(enabled), user.name))
            self._check_administrator()

    def set_permission_set(self, name: str, permission_set: str) -> None:
        """Give a user another permission set."""
        user = self.named(name)
        if permission_set not in permission_sets():
            raise dialog(f"The Permission Set '{permission_set}' does not exist.")
        with self.database.transaction():
            self.database.connection.execute(
                "UPDATE users SET permissionSet = ? WHERE name = ?", (permission_set, user.name)
            )
            self._check_administrator()

    def add(self, name: str, full_name: str, license_type: str, permission_set: str) -> None:
        """Add a user that programs use."""
        wanted = upper_case(name.strip())
        if not 0 < len(wanted) <= _LONGEST_NAME or ":" in wanted or not wanted.isprintable():
            raise dialog(
                f"The User Name '{name}' is not valid: it needs up to {_LONGEST_NAME} letters without colon.", "name"
            )
        if len(full_name) > _LONGEST_FULL_NAME:
            raise dialog(f"The Full Name may have up to {_LONGEST_FULL_NAME} letters.", "full_name")
        if license_type not in licenses() or permission_set not in permission_sets():
            raise dialog("Choose a license type and a permission set of the lists.")
        with self.database.transaction():
            if not self._ensure(wanted, full_name, "", license_type, permission_set):
                raise dialog(f"The User already exists. Identification fields and values: User Name='{wanted}'", "name")

    def _ensure(self, name: str, full_name: str, address: str, license_type: str, permission_set: str) -> bool:
        """Add a user unless there is one with the name."""
        made = (str(self.database.ids()), upper_case(name), full_name, address, license_type, permission_set)
        done = self.database.connection.execute(
            "INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?, ?, ?, 1, '', '')", made
        )
        return done.rowcount == 1

    def _set_key(self, name: str, key: str, expires: str) -> None:
        user = self.named(name)
        self.database.connection.execute(
            "UPDATE users SET keyHash = ?, keyExpires = ? WHERE id = ?", (_hash(user.id, key), expires, user.id)
        )

    def _check_administrator(self) -> None:
        if not any(user.enabled and user.is_administrator for user in self.all()):
            raise dialog("At least one enabled user must have the SUPER permission set. Nothing was changed.")

    def _find(self, column: str, value: str) -> User | None:
        query = f"SELECT {_COLUMNS} FROM users WHERE {column} = ?"
        row = self.database.connection.execute(query, (value,)).fetchone()
        return None if row is None else _user(row)


def _user(row: tuple[str, str, str, str, str, str, int, str, str]) -> User:
    *texts, enabled, key_hash, key_expires = row
    identity, name, full_name, address, license_type, permission_set = (str(text) for text in texts)
    return User(
        identity, name, full_name, address, license_type, permission_set, bool(enabled), str(key_hash), str(key_expires)
    )


def _hash(identity: str, key: str) -> str:
    """Of a key that is too random to be guessed; the user's id keeps equal keys apart."""
    return hashlib.sha256(f"{identity}:{key}".encode("utf-8", "replace")).hexdigest()
