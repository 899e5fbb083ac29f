"""The configuration file: read with positions, references resolved, checked whole, frozen.

A file is either taken as it stands or refused with every mistake it has, each with its line.
"""

from prober.config.config import Config
from prober.config.difference import Difference, Key, Table, applicable, difference, restart_keys
from prober.config.load import load
from prober.config.made import declared, operators_channels, with_made
from prober.config.models import (
    TABLES,
    Account,
    AlertRule,
    Backup,
    Component,
    Daemon,
    Group,
    History,
    Site,
    Subscription,
    Window,
)
from prober.config.readers import subscribable
from prober.config.shown import shown
from prober.config.values import Address

__all__ = [
    "TABLES",
    "Account",
    "Address",
    "AlertRule",
    "Backup",
    "Component",
    "Config",
    "Daemon",
    "Difference",
    "Group",
    "History",
    "Key",
    "Site",
    "Subscription",
    "Table",
    "Window",
    "applicable",
    "declared",
    "difference",
    "load",
    "operators_channels",
    "restart_keys",
    "shown",
    "subscribable",
    "with_made",
]
