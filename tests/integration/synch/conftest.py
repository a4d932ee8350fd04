"""A world per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.world import World, make_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Two sandbox systems with a company of one currency and one salesperson."""
    made = await make_world(tmp_path)
    yield made
    await made.erp.close()
    await made.crm.close()
