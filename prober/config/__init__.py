"""The configuration file: read with positions, references resolved, checked whole, frozen.

A file is either taken as it stands or refused with every mistake it has, each with its line.
"""

from prober.config.config import Config
from prober.config.load import load
from prober.config.models import TABLES, Account, Address, Component, Daemon, Group, Site, Subscription, Window

__all__ = [
    "TABLES",
    "Account",
    "Address",
    "Component",
    "Config",
    "Daemon",
    "Group",
    "Site",
    "Subscription",
    "Window",
    "load",
]
