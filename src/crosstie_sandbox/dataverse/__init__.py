"""Sandbox CRM: the Dataverse Web API over SQLite."""

from crosstie_sandbox.dataverse.app import create_app
from crosstie_sandbox.dataverse.loading import BadRowError, load

__all__ = ["BadRowError", "create_app", "load"]
