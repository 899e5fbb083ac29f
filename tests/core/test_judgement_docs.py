"""docs/judgement.md says what the code does. `RENEW_GOLDEN=1` draws its tables anew."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import pytest

from prober.core import incident as incidents
from prober.core import work
from prober.core.blame import CLASS_OF, FailureClass
from prober.core.events import Rule
from prober.core.flapping import CHANGES, share
from prober.core.model import CheckState, Status, Verdict
from prober.core.notice import TOPIC_OF
from prober.core.pace import is_slow
from prober.core.policy import Quantile
from prober.core.reason import Reason
from prober.core.rollup import Part, from_parts
from prober.core.status import IMPACT_OF, headline
from prober.core.verdict import judge
from prober.options import CheckOptions, show_duration
from tests.builders import T0, check, observation

PAGE = Path(__file__).parents[2] / "docs" / "judgement.md"
MIN = 60_000
OUTCOMES = {"U": "up", "G": "degraded", "D": "down", "?": "unknown"}

# Keys of a check, and what it answers.
EXAMPLES: list[tuple[dict[str, int], str]] = [
    ({}, "U D U D"),
    ({}, "U D D"),
    ({}, "D D"),
    ({}, "U D ? ? D"),
    ({}, "U D G"),
    ({}, "U D D U D U U"),
    ({}, "U D D G U"),
    ({"failures": 3}, "U D G D"),
    ({"failures": 3, "failures_of": 5}, "U D U D U D"),
    ({"failures": 3, "failures_of": 5}, "U D D U U U D"),
    ({"failures": 2, "failures_for": 3 * MIN}, "U D D D D"),
    ({"failures": 3, "failures_of": 5, "failures_for": 4 * MIN}, "U D D D U D"),
    ({"successes": 1, "successes_for": 2 * MIN}, "U D D U U D U U U"),
    ({"successes": 4, "successes_of": 5}, "U D D U U D U U"),
    ({"failures": 2, "degraded_failures": 4}, "U G G G G D D"),
]


def _table(*rows: Sequence[object]) -> Iterator[str]:
    header, *others = rows
    yield f"| {' | '.join(map(str, header))} |"
    yield "|" + "---|" * len(header)
    yield from (f"| {' | '.join(map(str, row))} |" for row in others)


def by_network() -> Iterable[str]:
    return _table(
        ("class", "failures"),
        *((f"`{one}`", ", ".join(f"`{r}`" for r in Reason if CLASS_OF.get(r) is one)) for one in FailureClass),
    )


def verdicts() -> Iterable[str]:
    return _table(
        ("keys", "answers", "verdict", "since answer", "rule of its last change"), *(_example(*e) for e in EXAMPLES)
    )


def _example(keys: dict[str, int], answers: str) -> tuple[str, ...]:
    assert keys.keys() <= CheckOptions.model_fields.keys()
    needs: dict[str, Any] = {key + "_ms" if key.endswith("_for") else key: value for key, value in keys.items()}
    rules, state, last = check(**needs), CheckState("shop"), None
    for number, letter in enumerate(answers.split()):
        judged = judge(state, observation(OUTCOMES[letter], T0 + number * MIN), rules)
        if judged is not None:
            state, last = judged.state, judged.rule or last
    written = ", ".join(f"`{k} = {_value(k, v)}`" for k, v in keys.items())
    since = (state.since_ms - T0) // MIN + 1
    return written or "-", f"`{answers}`", state.verdict, str(since), f"`{last}`"


def _value(key: str, value: int) -> str:
    return f'"{show_duration(value)}"' if key.endswith("_for") else str(value)


def quantiles() -> Iterable[str]:
    counts = (1, 2, 5, 10, 20, 50, 100, 600)
    return _table(
        ("answers in the window", *counts),
        *((f"{percent} per cent", *(_slow_needed(n, percent) for n in counts)) for percent in (50, 90, 95, 99)),
    )


def _slow_needed(answers: int, percent: int) -> int:
    bound = Quantile(percent, 0, 0)
    return next(slow for slow in range(answers + 1) if is_slow(((0, answers, slow),), bound))


def flapping() -> Iterable[str]:
    counts = (1, 2, 3, 4, 5, 6, 8, 10, 15, CHANGES)
    return _table(
        ("changes, the newest ones", *counts), ("per cent", *(f"{share((1 << n) - 1) * 100:.0f}" for n in counts))
    )


def statuses() -> Iterable[str]:
    words = [Verdict.UP, Verdict.DEGRADED, Verdict.DOWN, Verdict.UNKNOWN]
    pairs: Iterable[tuple[Verdict, ...]] = [*((w,) for w in words), *combinations_with_replacement(words, 2)]
    return _table(
        ("checks", "status"),
        *((", ".join(pair), from_parts([Part(v) for v in pair])) for pair in pairs if len(set(pair)) == len(pair)),
    )


def headlines() -> Iterable[str]:
    return _table(
        ("worst status", "if all show it", "if some do"),
        *(
            (status, headline([status]).text, headline([status, Status.OPERATIONAL]).text)
            for status in sorted(Status, key=lambda s: (-s.depth, s is Status.OPERATIONAL))
        ),
    )


def _life(first: str, may_follow: Mapping[Any, frozenset[Any]]) -> Iterable[str]:
    steps = [f"  {before} --> {after}" for before, allowed in may_follow.items() for after in sorted(allowed)]
    ends = [f"  {status} --> [*]" for status, allowed in may_follow.items() if not allowed]
    return ["```mermaid", "stateDiagram-v2", f"  [*] --> {first}", *steps, *ends, "```"]


def maintenance() -> Iterable[str]:
    return _life("planning", work.MAY_FOLLOW)


def incident() -> Iterable[str]:
    return _life("investigating", incidents.MAY_FOLLOW)


def impacts() -> Iterable[str]:
    return _table(("status", "impact"), *((status, IMPACT_OF[status].word) for status in Status))


def notices() -> Iterable[str]:
    return _table(("reason", "topic"), *((f"`{reason}`", f"`{TOPIC_OF[reason]}`") for reason in TOPIC_OF))


DRAWN: dict[str, Any] = {
    "by network": by_network,
    "verdicts": verdicts,
    "quantiles": quantiles,
    "flapping": flapping,
    "statuses": statuses,
    "headlines": headlines,
    "maintenance": maintenance,
    "incident": incident,
    "impacts": impacts,
    "notices": notices,
}


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_is_what_the_code_does(name: str) -> None:
    block = re.compile(rf"(<!-- {name} -->\n)(.*?)(<!-- end -->)", re.DOTALL)
    drawn = "\n".join([*DRAWN[name](), ""])
    if os.environ.get("RENEW_GOLDEN"):
        PAGE.write_text(block.sub(lambda found: found[1] + drawn + found[3], PAGE.read_text()))
    assert [found[2] for found in block.finditer(PAGE.read_text())] == [drawn]


def test_every_block_is_drawn() -> None:
    assert re.findall(r"<!-- (?!end)(.*) -->", PAGE.read_text()) == list(DRAWN)


def test_every_rule_has_its_line_in_order() -> None:
    section = PAGE.read_text().partition("## Why")[2]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == list(Rule)


def test_every_reason_to_tell_of_an_incident_has_its_moment() -> None:
    section = PAGE.read_text().partition("## The life")[2].partition("## Who")[0]
    told = set(re.findall(r"\| `(\w+)` \|$", section, re.MULTILINE))
    assert told == {reason.value for reason, topic in TOPIC_OF.items() if topic == "incidents"}


def test_every_reason_to_tell_of_a_maintenance_has_its_moment() -> None:
    section = PAGE.read_text().partition("## Planned work")[2].partition("## One")[0]
    told = set(re.findall(r"\| `(\w+)` \|$", section, re.MULTILINE))
    assert told == {reason.value for reason, topic in TOPIC_OF.items() if topic == "maintenance"}


def test_every_key_it_names_is_one() -> None:
    known = CheckOptions.model_fields.keys()
    named = set(
        re.findall(
            r"`((?:degraded_)?(?:failures|successes|flap|retry|quantile)(?:_\w+)?)(?: = [^`]*)?`", PAGE.read_text()
        )
    )
    assert {key for key in named if key not in known and key not in set(Rule)} == set()
    assert {key for key in known if key.startswith(("failures", "successes", "flap", "retry", "degraded"))} <= named | {
        "degraded_over"
    }
