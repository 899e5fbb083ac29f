"""A connection on which a kind then speaks: plain where TLS should be, and nothing left behind."""

import gc

import pytest

from prober.core.reason import Reason
from tests.probes.scene import probed
from tests.wire.hostile import serving, speaks_first

pytestmark = pytest.mark.anyio


async def test_a_peer_that_speaks_before_the_handshake_speaks_no_tls() -> None:
    async with serving(speaks_first) as port:
        seen = await probed("websocket", url=f"wss://127.0.0.1:{port}/", verify=False)
    assert (seen.outcome, seen.reason) == ("down", Reason.TLS_HANDSHAKE)


async def test_a_connection_that_is_refused_leaves_nothing(free_port: int) -> None:
    seen = await probed("websocket", url=f"ws://127.0.0.1:{free_port}/")
    assert (seen.outcome, seen.reason) == ("down", Reason.CONNECT_REFUSED)
    gc.collect()  # what was left open would warn here, and warnings are errors
