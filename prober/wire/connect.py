"""One TCP connection to one address, made anew for every probe."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from prober.core.model import Phase
from prober.wire.address import Address
from prober.wire.failure import failed_by

P = TypeVar("P", bound=asyncio.BaseProtocol)


async def connect(make: Callable[[], P], address: Address, port: int) -> tuple[asyncio.Transport, P]:
    """A fresh connection, spoken to through what `make` returns. The caller aborts it. Raises Failed."""
    loop = asyncio.get_running_loop()
    try:
        return await loop.create_connection(make, address.ip, port)
    except OSError as error:
        raise failed_by(error, Phase.CONNECT, f"connecting to {address.ip} port {port}") from None
