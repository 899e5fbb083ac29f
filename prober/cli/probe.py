"""`prober probe`: one probe now, told as a phase table or as one JSON object."""

import json
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pydantic import ValidationError

    from prober.core.model import Observation
    from prober.options import CheckOptions
    from prober.probes import Kind

EXIT = {"up": 0, "degraded": 1, "down": 1, "unknown": 3}
BAD_USAGE = 2

# Keys that every check has and one probe has no use for.
_UNUSED = {"kind": "--kind", "component": "nothing of the kind: one probe feeds no component"}


def probe(
    target: Annotated[str, typer.Argument(help="What to probe: a URL, or host:port.")],
    kind: Annotated[str | None, typer.Option(help="How to probe; guessed from TARGET if not given.")] = None,
    assignments: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any key of the kind; may be repeated."),
    ] = None,
    ca: Annotated[str | None, typer.Option(metavar="FILE", help="A PEM file with the authorities to trust.")] = None,
    timeout: Annotated[str | None, typer.Option(metavar="5s", help="The one deadline of the probe.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print exactly one JSON object.")] = False,
) -> None:
    """Probe once, now. Exit status: 0 up, 1 down or degraded, 2 bad usage, 3 unknown."""
    logging.getLogger("prober").addHandler(logging.NullHandler())  # the observation says what a log line would
    name, found, keys = _kind(target, kind)
    keys |= _assigned(assignments or ())
    keys |= {key: value for key, value in (("ca", ca), ("timeout", timeout)) if value is not None}
    options = _options(name, found, keys)
    observation = _graded(_observed(found, options), options)
    if as_json:
        typer.echo(json.dumps(_document(name, options.target(), observation)))
    else:
        _show(name, options.target(), observation)
    raise typer.Exit(EXIT[observation.outcome])


def _refuse(*sentences: str) -> typer.Exit:
    for sentence in sentences:
        typer.echo(f"prober probe: {sentence}", err=True)
    return typer.Exit(BAD_USAGE)


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f', did you mean "{close[0]}"?' if close else f" (there are: {', '.join(known)})"


def _kind(target: str, name: str | None) -> tuple[str, "Kind", dict[str, object]]:
    """The kind's name, the kind, and the keys that TARGET gives. TARGET is never repeated: it may hold a password."""
    from prober.probes import KINDS
    from prober.probes import kind as load

    if name is not None and name not in KINDS:
        raise _refuse(f'--kind: no kind "{name}"{_did_you_mean(name, list(KINDS))}')
    for candidate in [name] if name is not None else KINDS:
        found = load(candidate)
        keys = found.guesses(target)
        if keys is not None:
            return candidate, found, dict(keys)
    examples = " or ".join(f'"{load(k).example}"' for k in ([name] if name is not None else KINDS))
    raise _refuse(f"TARGET: expected something like {examples}")


def _assigned(assignments: Sequence[str]) -> dict[str, object]:
    """The keys of --set. Values are TOML, or else plain text; `headers.X-Token=abc` sets a key of a table."""
    keys: dict[str, object] = {}
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        name, dot, inner = path.strip().partition(".")
        if not equals or not name or (dot and not inner):
            raise _refuse("--set: expected KEY=VALUE")
        if name in _UNUSED:
            raise _refuse(f"--set {name}: expected {_UNUSED[name]}")
        value = _value(text)
        if dot:
            table = keys.get(name)
            value = {**(table if isinstance(table, dict) else {}), inner: value}
        keys[name] = value
    return keys


def _value(text: str) -> object:
    import tomllib

    try:
        parsed = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text.strip()
    return parsed["value"] if len(parsed) == 1 else text.strip()


def _options(name: str, kind: "Kind", keys: dict[str, object]) -> "CheckOptions":
    from pydantic import ValidationError

    try:
        return kind.options.model_validate({**keys, "kind": name, "component": "probe"})
    except ValidationError as error:
        raise _refuse(*_mistakes(error, name, list(kind.options.model_fields))) from None


def _mistakes(error: "ValidationError", kind: str, known: Sequence[str]) -> list[str]:
    """One sentence for each mistake: which key, what was expected, what was found."""
    sentences = []
    for one in error.errors(include_url=False):
        key = ".".join(map(str, one["loc"]))
        if one["type"] == "extra_forbidden":
            own = [name for name in known if name not in _UNUSED]
            sentences.append(f'kind {kind} has no key "{key}"{_did_you_mean(key, own)}')
        elif one["type"] == "missing":
            sentences.append(f"{key}: expected a value, found none")
        else:
            context = one.get("ctx", {})
            expected = context.get("expected") if one["type"] in ("mistake", "literal_error") else None
            expected = expected or one["msg"].removeprefix("Input should be ").removeprefix("Input should ")
            sentences.append(f"{key}: expected {expected}, found {context.get('found') or _shown(one['input'])}")
    return sentences


def _shown(value: object) -> str:
    return json.dumps(value) if isinstance(value, str | int | float | bool) else f"a {type(value).__name__}"


def _observed(kind: "Kind", options: "CheckOptions") -> "Observation":
    import anyio

    from prober.clock import Clock
    from prober.core.model import Due

    clock = Clock()
    prober = kind.build(options, clock)
    due = Due("probe", clock.now_ms())
    return anyio.run(prober.probe, due, backend_options={"use_uvloop": True})


def _graded(observation: "Observation", options: "CheckOptions") -> "Observation":
    """With the bound of `degraded_over` applied, which a probe leaves to the judge of its answers."""
    from prober.core.policy import CheckPolicy
    from prober.core.verdict import graded
    from prober.options import show_duration

    bound_ms = options.degraded_over
    if bound_ms is None:
        return observation
    policy = CheckPolicy(observation.check, options.component, options.interval, degraded_over_us=bound_ms * 1000)
    outcome, reason = graded(observation, policy)
    if outcome is observation.outcome:
        return observation
    return observation._replace(outcome=outcome, reason=reason, detail=f"it took longer than {show_duration(bound_ms)}")


def _document(kind: str, target: str, observation: "Observation") -> dict[str, object]:
    reason = observation.reason
    return {
        "kind": kind,
        "target": target,
        "outcome": observation.outcome,
        "reason": reason,
        "owner": reason.owner if reason is not None else None,
        "detail": observation.detail,
        "phases_ms": {phase: us / 1000 for phase, us in _in_order(observation)},
        "took_ms": observation.took_us / 1000,
        "stalled_ms": observation.stalled_us / 1000,
        "started_at": _moment(observation.started_ms),
        "facts": dict(observation.facts),
    }


def _in_order(observation: "Observation") -> list[tuple[str, int]]:
    from prober.core.model import Phase

    order = list(Phase)
    return [(p.value, us) for p, us in sorted(observation.phases_us, key=lambda entry: order.index(entry[0]))]


def _moment(at_ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _show(kind: str, target: str, observation: "Observation") -> None:
    """For people: the verdict, the phase table with the phase that failed, and the facts."""
    reason = observation.reason
    why = f"  {reason} ({reason.owner}): {observation.detail}" if reason is not None else ""
    has_failed = observation.outcome in ("down", "unknown")
    failed_in = observation.phases_us[-1][0] if has_failed and observation.phases_us else None
    rows = [
        (name, f"{us / 1000:.1f} ms", "<- failed here" if name == failed_in else "")
        for name, us in [*_in_order(observation), ("total", observation.took_us)]
    ]
    if observation.stalled_us:
        rows.append(("stalled", f"{observation.stalled_us / 1000:.1f} ms", "prober itself stood still: in no phase"))
    facts = [(name, _told(name, value)) for name, value in observation.facts.items()]
    headline = f"{observation.outcome.upper()}  {kind}  {target}"
    if sys.stdout.isatty():
        _show_rich(headline, why, rows, facts, EXIT[observation.outcome])
        return
    typer.echo(f"{headline}\n{why}\n" if why else f"{headline}\n")
    for row in rows:
        typer.echo(f"  {row[0]:<12}{row[1]:>12}  {row[2]}".rstrip())
    typer.echo()
    for name, told in facts:
        typer.echo(f"  {name:<16}{told}")


def _told(name: str, value: float | int | str | bool) -> str:
    return _moment(int(value) * 1000) if name.endswith("_expiry_s") else str(value)


def _show_rich(
    headline: str, why: str, rows: Sequence[tuple[str, str, str]], facts: Sequence[tuple[str, str]], status: int
) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    console.print(Text(headline, style={0: "bold green", 1: "bold red"}.get(status, "bold yellow")))
    if why:
        console.print(Text(why))
    phases = Table("phase", "time", "", box=None, pad_edge=False, padding=(0, 2))
    for name, took, mark in rows:
        phases.add_row(name, Text(took, justify="right"), Text(mark, style="red"))
    console.print(phases)
    learned = Table("fact", "value", box=None, pad_edge=False, padding=(0, 2))
    for name, told in facts:
        learned.add_row(name, Text(told))
    console.print(learned)
