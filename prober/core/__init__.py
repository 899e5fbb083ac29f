"""The pure core: every question of judgement, answered without clock, IO, logging or randomness.

Times are integer milliseconds since the epoch, UTC. Durations carry their unit in their name.
"""
