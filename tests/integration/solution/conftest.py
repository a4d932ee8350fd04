"""The sandbox CRM, as its own tests have it."""

from tests.integration.sandbox.crm.conftest import crm

__all__ = ["crm"]
