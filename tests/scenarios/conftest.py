"""The two sandbox systems with the product on top, as in the integration tests."""

from tests.integration.synch.conftest import world

__all__ = ["world"]
