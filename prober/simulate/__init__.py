"""The same judgement over a scripted or a random world, in virtual time: what would have been told, and when?

A world is a configuration and what happens to its targets and to us. `play` runs it through `core.step` as the daemon
would, with its schedule and its confirmations, and no clock; `figures` holds what was told against what was true.
"""

from prober.simulate.draw import drawn
from prober.simulate.figures import Figures, figures
from prober.simulate.play import Run, play
from prober.simulate.script import read
from prober.simulate.world import World

__all__ = ["Figures", "Run", "World", "drawn", "figures", "play", "read"]
