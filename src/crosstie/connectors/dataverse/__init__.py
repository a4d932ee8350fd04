"""Connector to Dataverse, the platform under Dynamics 365 Sales: Web API v9.2."""

from crosstie.connectors.dataverse.connector import connect
from crosstie.connectors.dataverse.settings import DataverseSettings

__all__ = ["DataverseSettings", "connect"]
