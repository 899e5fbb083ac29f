"""The command line: one file a verb. The top of the house, the only room that wires prober and statusapi together."""

from prober.cli.main import main

__all__ = ["main"]
