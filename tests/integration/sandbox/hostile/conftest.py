"""Servers whose faults strike every request, once a test turns them on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .servers import Servers, running


@pytest.fixture
def hostile(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Servers]:
    """Servers with the fault plan that is the parameter of a test; they strike whatever they may strike."""
    with running(tmp_path / "state", f"chance=1,{request.param}") as servers:
        yield servers


@pytest.fixture
def calm(tmp_path: Path) -> Iterator[Servers]:
    """Servers without faults."""
    with running(tmp_path / "state", None) as servers:
        yield servers
