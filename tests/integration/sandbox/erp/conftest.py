"""A sandbox ERP for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crosstie_sandbox.businesscentral.database import Settings

from .client import Erp, Refusal, open_erp, take_apart
from .services import Services
from .shop import Shop, load_company, open_shop


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
def nothing_published(erp: Erp) -> Services:
    """The web services of an ERP whose administrator has not published any."""
    return Services(erp)


@pytest.fixture
def services(nothing_published: Services) -> Services:
    """The web services that the integration needs, published."""
    nothing_published.publish()
    return nothing_published


@pytest.fixture
def refusal() -> Refusal:
    """Takes an error answer apart."""
    return take_apart


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A small shop to sell in."""
    load_company(tmp_path / "shop.sqlite")
    async with open_erp(tmp_path / "shop.sqlite", Settings()) as opened:
        yield await open_shop(opened)
