"""Connector to Dynamics 365 Business Central: API v2.0."""

from crosstie.connectors.businesscentral.connector import connect
from crosstie.connectors.businesscentral.settings import BusinessCentralSettings

__all__ = ["BusinessCentralSettings", "connect"]
