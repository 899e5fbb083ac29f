"""prober: watches endpoints, judges them, opens and closes incidents, and tells people."""

__version__ = "0.1.0"
