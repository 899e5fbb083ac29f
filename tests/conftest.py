"""What all tests share: both event loops, a free port, a line about the programs at hand."""

from typing import Any

import pytest
from hypothesis import settings

from tests import ports
from tests.services import presence

# A busy machine is no mistake of the code: examples are judged by what they do, not by how long they take.
settings.register_profile("prober", deadline=None, print_blob=True)
settings.load_profile("prober")


def pytest_report_header() -> str:
    return presence()


@pytest.fixture(
    params=[
        pytest.param(("asyncio", {"debug": True}), id="asyncio"),
        pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"),
    ]
)
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """Every async test runs on the loop of the standard library, in debug mode, and on the one of production."""
    return request.param


@pytest.fixture
def free_port() -> int:
    return ports.free_port()
