"""Settings, read from the environment in this module only: where state lives, and the key of its secrets."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from crosstie.model.errors import SetupError
from crosstie.model.words import ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where everything is."""

    home: Path
    """``CROSSTIE_HOME``: the folder of the database and the key file."""
    database_url: str
    """``CROSSTIE_DATABASE_URL``: a SQLite file in ``home`` unless PostgreSQL is named."""
    key: str | None
    """``CROSSTIE_KEY``: encrypts secrets at rest; without it a key file of mode 0600 in ``home`` does."""
    connection: ConnectionId
    """``CROSSTIE_CONNECTION``: which pair of company and environment a command is about."""

    @property
    def is_embedded(self) -> bool:
        """One process on one SQLite file."""
        return self.database_url.startswith("sqlite")

    @property
    def is_at_home(self) -> bool:
        """The database is the file in ``home``, not one that ``CROSSTIE_DATABASE_URL`` names."""
        return self.database_url == _database_in(self.home)


_KNOWN = {"CROSSTIE_HOME", "CROSSTIE_DATABASE_URL", "CROSSTIE_KEY", "CROSSTIE_CONNECTION"}


def read_settings(environ: Mapping[str, str], home: Path | None = None) -> Settings:
    """Settings from environment variables; ``home`` overrides the folder."""
    unknown = sorted(name for name in environ if name.startswith("CROSSTIE_") and name not in _KNOWN)
    if unknown:
        raise SetupError(
            f"The environment variable {unknown[0]} is not known.",
            f"Known are {', '.join(sorted(_KNOWN))}; mend its name or unset it.",
        )
    folder = home or Path(environ.get("CROSSTIE_HOME") or user_data_path("crosstie", appauthor=False))
    folder = folder.expanduser().absolute()
    return Settings(
        home=folder,
        database_url=environ.get("CROSSTIE_DATABASE_URL") or _database_in(folder),
        key=environ.get("CROSSTIE_KEY"),
        connection=ConnectionId(environ.get("CROSSTIE_CONNECTION") or "default"),
    )


def _database_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'crosstie.sqlite'}"
