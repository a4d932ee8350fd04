"""A sandbox ERP for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crosstie_sandbox.businesscentral.database import Settings

from .client import Erp, Refusal, open_erp, take_apart


@pytest.fixture
async def erp(tmp_path: Path) -> AsyncIterator[Erp]:
    """An ERP with an empty company."""
    async with open_erp(tmp_path / "erp.sqlite", Settings()) as opened:
        yield opened


@pytest.fixture
async def erp_numbering_itself(tmp_path: Path) -> AsyncIterator[Erp]:
    """An ERP whose number series allow no manual numbers."""
    async with open_erp(tmp_path / "strict.sqlite", Settings(manual_numbers=False)) as opened:
        yield opened


@pytest.fixture
def refusal() -> Refusal:
    """Takes an error answer apart."""
    return take_apart
