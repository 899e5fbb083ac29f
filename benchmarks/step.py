"""How many steady observations one core judges in a second, what a change costs beside them, and what 90 days take.

Run: .venv/bin/python benchmarks/step.py
"""

import json
import time

from prober import simulate
from prober.core.events import Observed
from prober.core.model import Observation, Outcome
from prober.core.policy import CheckPolicy, ComponentPolicy, Policy
from prober.core.reason import Reason
from prober.core.state import State
from prober.core.step import step

CHECKS = 1_000
STEADY_ROUNDS = 200
CHANGING_ROUNDS = 10
DAYS = 90  # of ten checks, each every minute and down for ten minutes every tenth day


def world() -> Policy:
    """A thousand components with a check each."""
    ids = [f"check-{n}" for n in range(CHECKS)]
    return Policy(
        checks={id_: CheckPolicy(id_, id_, interval_ms=60_000) for id_ in ids},
        components={id_: ComponentPolicy(id_, "main", id_, (id_,)) for id_ in ids},
        subscriptions={},
        maintenances={},
    )


def play(state: State, rules: Policy, rounds: list[Outcome]) -> float:
    """CPU seconds to judge one observation of every check in each round."""
    events = [
        [
            Observed(
                Observation(
                    id_, 0, second * 1_000, 900, outcome, Reason.HTTP_STATUS if outcome is Outcome.DOWN else None
                )
            )
            for id_ in rules.checks
        ]
        for second, outcome in enumerate(rounds, 1)
    ]
    began = time.process_time()
    for answers in events:
        for event in answers:
            decision = step(state, event, rules)
            if decision is not None:
                state.apply(decision)
    return time.process_time() - began


def simulated() -> tuple[int, float]:
    """How many probes the 90 days have, and the CPU seconds to simulate them."""
    names = [f"check-{n}" for n in range(10)]
    outages = [f"{day}d{day % 24:02}:00 {names[day % 10]} down for 10m" for day in range(DAYS)]
    world = simulate.read("\n".join([*(f"check {name} interval=1m" for name in names), *outages]), days=DAYS)
    began = time.process_time()
    run = simulate.play(world)
    assert len(run.pages) == DAYS
    return run.probes, time.process_time() - began


def main() -> None:
    """Print the figures."""
    rules, state = world(), State()
    play(state, rules, [Outcome.UP, Outcome.UP])
    steady_s = play(state, rules, [Outcome.UP] * STEADY_ROUNDS)
    cycle = [Outcome.DOWN, Outcome.DOWN, Outcome.UP, Outcome.UP]
    changing_s = play(state, rules, cycle * (CHANGING_ROUNDS // 2))
    steady = CHECKS * STEADY_ROUNDS / steady_s
    changing = CHECKS * len(cycle) * (CHANGING_ROUNDS // 2) / changing_s
    probes, days_s = simulated()
    figures = {
        "steady_steps_per_s": round(steady),
        "changing_steps_per_s": round(changing),
        "ratio": round(steady / changing, 1),
        "ninety_days_s": round(days_s, 2),
    }
    print(f"steady: {steady:,.0f} steps/s    changing: {changing:,.0f} steps/s")
    print(f"{DAYS} days of 10 checks, {probes:,} probes: {days_s:.1f} s")
    print(json.dumps({"benchmark": "step", "figures": figures}))


if __name__ == "__main__":
    main()
