"""Any sequence of sales actions over HTTP leaves orders, stock and ledgers of the sandbox ERP in balance."""

from random import Random  # noqa: TID251 - the test chooses the seeds

import pytest

from .services import Services
from .shop import Shop
from .trading import Trader, check


async def trade(shop: Shop, seed: int, steps: int) -> Trader:
    """Trade for a while, and look at the books every now and then."""
    services = Services(shop.erp)
    services.publish()
    trader = Trader(shop, Random(seed))  # noqa: S311 - no secrets here
    for step in range(1, steps + 1):
        await trader.act()
        if step % 15 == 0 or step == steps:
            await check(trader, services)
    return trader


@pytest.mark.parametrize("seed", range(2))
async def test_the_books_balance(shop: Shop, seed: int) -> None:
    """Lines add up to documents, invoices to orders, entries to stock and debts; nothing is lost or posted twice."""
    trader = await trade(shop, seed, 45)
    assert sum(trader.done.values()) == 45


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 115))
async def test_the_books_balance_for_long(shop: Shop, seed: int) -> None:
    """The same over many more actions."""
    trader = await trade(shop, seed, 200)
    assert len(trader.done) == 11
