"""The configuration that holds: what the file declares, and what was made through the API."""

import logging
from collections.abc import Mapping
from typing import Any

from prober import notifiers
from prober.config import Config, with_made
from prober.options import ChannelOptions
from prober.store import Store

logger = logging.getLogger(__name__)


async def merged(declared: Config, store: Store) -> Config:
    """The two together; what does not fit is named in the log. Raises StoreError."""

    def callback(content: Mapping[str, Any]) -> ChannelOptions:
        account = declared.accounts.get(content.get("account", ""))
        if account is not None and account.public_only:
            return notifiers.callback(content, account.allow)
        return notifiers.callback(content, None if declared.daemon.callbacks == "any" else ())

    config, left_out = with_made(declared, await store.made.all(), callback)
    for sentence in left_out:
        logger.warning("%s", sentence)
    return config
