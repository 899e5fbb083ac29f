"""The limits of probes at the same time: over all, of a host, of a kind, and of what is slow."""

from prober.core.model import Due
from prober.daemon.gate import SLOW_US, Gate, Limits, Place


def asked(gate: Gate, *checks: str) -> list[str]:
    """Which of them may begin at once."""
    return [id_ for id_ in checks if gate.enter(Due(id_, 0))]


def let_in(gate: Gate, check: str, took_us: int | None = 1_000) -> list[str]:
    """Who may begin once that check has ended."""
    return [due.check for due in gate.leave(check, took_us)]


def test_what_finds_no_room_waits_for_its_turn() -> None:
    gate = Gate(Limits(2), dict.fromkeys("abcd", Place()))
    assert asked(gate, *"abcd") == ["a", "b"]
    assert (gate.under_way, gate.waiting) == (2, 2)
    assert let_in(gate, "b") == ["c"]
    assert let_in(gate, "a", None) == ["d"]
    assert (gate.under_way, gate.waiting) == (2, 0)


def test_what_waits_for_one_host_holds_up_nobody_else() -> None:
    gate = Gate(Limits(9, per_host=1), {"a": Place("one"), "b": Place("one"), "c": Place("two"), "d": Place()})
    assert asked(gate, *"abcd") == ["a", "c", "d"]
    assert let_in(gate, "c") == []
    assert let_in(gate, "a") == ["b"]


def test_a_kind_has_its_own_limit() -> None:
    gate = Gate(Limits(9, per_kind=1), {"a": Place("one", "tcp"), "b": Place("two", "tcp"), "c": Place("one", "dns")})
    assert asked(gate, *"abc") == ["a", "c"]
    assert let_in(gate, "a") == ["b"]


def test_targets_that_hang_leave_half_of_the_room_to_the_others() -> None:
    gate = Gate(Limits(4), dict.fromkeys("abcdefgh", Place()))
    for check in "abcd":
        assert asked(gate, check)
        let_in(gate, check, SLOW_US)
    assert asked(gate, *"abcdef") == ["a", "b", "e", "f"]
    assert let_in(gate, "e") == []
    assert let_in(gate, "a", SLOW_US) == ["c"]
    assert asked(gate, "g") == ["g"]
    let_in(gate, "c", 1_000)
    let_in(gate, "d", 1_000)
    let_in(gate, "f")
    assert asked(gate, "c") == ["c"], "one quick answer and it is slow no more"


def test_who_is_no_longer_configured_waits_no_longer() -> None:
    gate = Gate(Limits(1), dict.fromkeys("abc", Place()))
    asked(gate, *"abc")
    gate.follow(dict.fromkeys("ac", Place()))
    assert gate.waiting == 1
    assert let_in(gate, "a") == ["c"]
    assert let_in(gate, "c") == []


def test_who_waits_for_the_limit_over_all_is_told_from_who_waits_for_a_host() -> None:
    gate = Gate(Limits(2, per_host=1), {"a": Place("x"), "b": Place("x"), "c": Place("y"), "d": Place("z")})
    assert gate.enter(Due("a", 1_000))
    assert not gate.enter(Due("b", 2_000))
    assert gate.held_since_ms() is None
    assert gate.enter(Due("c", 3_000))
    assert gate.held_since_ms() is None, "b waits for its host"
    assert not gate.enter(Due("d", 4_000))
    assert gate.held_since_ms() == 4_000
