"""Wiring: the one place that builds things. Faces ask for an opened product and get use cases that work."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from crosstie.app import real_world
from crosstie.app.connections import ConnectionDraft, load, open_crm, open_erp
from crosstie.app.in_process_jobs import InProcessJobs
from crosstie.app.mappings import Installed, installed_mappings
from crosstie.app.settings import Settings, read_settings
from crosstie.app.vault import Vault, open_vault
from crosstie.model.job import FullSynchLine, SynchJob
from crosstie.rules.conversions import CONVERSIONS
from crosstie.store.database import open_database
from crosstie.store.session import Session
from crosstie.store.store import SqlStore
from crosstie.synch.ports.environment import Environment, Listener


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosstie:
    """The product, opened: settings, database, vault."""

    settings: Settings
    engine: sa.Engine
    vault: Vault

    @contextmanager
    def store(self) -> Iterator[SqlStore]:
        """A store of the connection at hand, for one thread; it gives its database connection back at the end."""
        with closing(SqlStore(Session(self.engine, self.settings.connection))) as store:
            yield store

    def installed(self) -> Installed:
        """The mappings of the package and of ``home/mappings``, read afresh."""
        return installed_mappings(self.settings.home, CONVERSIONS)

    def close(self) -> None:
        """Give back the database."""
        self.engine.dispose()


class Silent:
    """A listener that hears nothing."""

    def job_moved(self, job: SynchJob) -> None:
        """Nothing to tell."""

    def line_moved(self, line: FullSynchLine) -> None:
        """Nothing to tell."""


def open_crosstie(home: Path | None = None) -> Crosstie:
    """Read settings, open the database (made or migrated as needed) and the vault."""
    settings = read_settings(os.environ, home)
    engine = open_database(settings.database_url)
    return Crosstie(settings=settings, engine=engine, vault=open_vault(settings))


@asynccontextmanager
async def connected(
    crosstie: Crosstie, *, is_alone: bool = False, listener: Listener | None = None
) -> AsyncIterator[Environment]:
    """The environment of the stored connection, with both connectors open.

    Raises what is wrong when a system is away or refuses us: somebody waits for the answer, and once the work is under
    way an outage is waited out for minutes.
    """
    draft = load(crosstie.engine, crosstie.vault, crosstie.settings.connection)
    async with connectors_of(crosstie, draft, is_alone=is_alone, listener=listener) as env:
        await env.crm.test()
        await env.erp.test()
        yield env


@asynccontextmanager
async def connectors_of(
    crosstie: Crosstie, draft: ConnectionDraft, *, is_alone: bool = False, listener: Listener | None = None
) -> AsyncIterator[Environment]:
    """The environment of a connection that need not be stored yet."""
    runtime, installed = real_world.runtime(), crosstie.installed()
    erp = open_erp(draft.erp, runtime, installed.tables.erp)
    crm = open_crm(draft.crm, runtime, installed.tables.crm)
    try:
        with crosstie.store() as store:
            yield Environment(
                store=store,
                erp=erp,
                crm=crm,
                mappings=installed.mappings,
                conversions=CONVERSIONS,
                clock=real_world.now,
                new_id=real_world.new_id,
                owner=real_world.worker_name(),
                is_alone=is_alone,
                listener=listener or Silent(),
            )
    finally:
        await erp.close()
        await crm.close()


def job_engine(env: Environment) -> InProcessJobs:
    """The job engine of this installation."""
    return InProcessJobs(env)
