"""How long one thread may go on before the loop has its turn.

Python lets it go on for 5 ms each time the loop wants to run, and for 5 more where another thread is quicker. The
store's two threads build rows and sums in Python: while they do, every probe and every answer would be late by that.
With a fifth of it the loop is late by half as much, for the same CPU (`benchmarks/store.py`).
"""

import sys

TURN_S = 0.001


def keep_turns_short() -> None:
    """For the whole process."""
    sys.setswitchinterval(TURN_S)
