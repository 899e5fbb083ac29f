"""A demo that needs no internet: a faulty target and a webhook receiver on loopback, and a configuration for both."""

from prober.demo.scenery import CONFIG, Scenery, scenery, standing_target

__all__ = ["CONFIG", "Scenery", "scenery", "standing_target"]
