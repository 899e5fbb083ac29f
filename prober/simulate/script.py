"""The language of scripts: what is watched, and what happens to it, a line each. See docs/simulation.md.

Declarations are the tables of the configuration, written on one line: they become TOML, line by line, and the
configuration's own reader judges them, so that a script knows every key and every mistake that a configuration does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from prober.config import TABLES, Config, load
from prober.core.model import Outcome
from prober.core.own import NO_ANSWER
from prober.core.reason import Owner, Reason
from prober.errors import ConfigError
from prober.options import EXPECTED_DURATION, ChannelOptions, CheckOptions, parse_duration_ms
from prober.simulate.world import WELL, Answer, Happening, What, World

AFTERWARDS_MS = 3_600_000  # how long a script without an end goes on after its last line
FLAPS_EVERY_MS = 60_000
STATES = ("up", "degraded", "down", "flapping")
DECLARATIONS = ("check", "component", "window")
OURS = tuple(reason.value for reason in Reason if reason.owner is Owner.SELF and reason not in NO_ANSWER)

_MOMENT = re.compile(r"(?:(\d{1,4})d)?(\d{1,4}):([0-5]\d)(?::([0-5]\d))?")
_DAY_MS = 86_400_000
_USUAL = {"down": Reason.CONNECT_REFUSED, "flapping": Reason.CONNECT_REFUSED, "degraded": Reason.CERT_EXPIRING}


def moment_ms(text: str) -> int:
    """ms from the start to "hh:mm", "hh:mm:ss" or "3dhh:mm"; hours may go on after 23. Else raises ValueError."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return days * _DAY_MS + (hours * 3600 + minutes * 60 + seconds) * 1000


class _Mistake(Exception):
    """Something in a line: what was expected, what was found."""


def _refuse(expected: str, found: str) -> NoReturn:
    raise _Mistake(f"expected {expected}, found {found}")


class _Words:
    """The words of a line, taken one by one."""

    def __init__(self, words: Sequence[str]) -> None:
        self._left = list(words)

    def peek(self) -> str:
        return self._left[0] if self._left else ""

    def take(self, expected: str) -> str:
        if not self._left:
            _refuse(expected, "the end of the line")
        return self._left.pop(0)

    def parsed(self, expected: str, parse: Callable[[str], int]) -> int:
        word = self.take(expected)
        try:
            return parse(word)
        except ValueError:
            _refuse(expected, f'"{word}"')

    def duration_ms(self) -> int:
        return self.parsed(EXPECTED_DURATION, parse_duration_ms)

    def during_ms(self) -> int | None:
        """How long, if the line says "for" and a duration."""
        if self.peek() != "for":
            return None
        self.take("for")
        return self.duration_ms()

    def end(self) -> None:
        if self._left:
            _refuse("the end of the line", f'"{self._left[0]}"')


class Simulated(CheckOptions):
    """A check whose answers the script tells."""

    def target(self) -> str:
        """Nothing that can be probed."""
        return "a script"


class Nowhere(ChannelOptions):
    """A channel that is only counted."""

    def target(self) -> str:
        """Nothing that can be told."""
        return "nowhere"


class _Line(NamedTuple):
    number: int
    words: list[str]


class _Told(NamedTuple):
    """What a line says happens. lasts_ms: None = until another line says otherwise."""

    happening: Happening
    lasts_ms: int | None = None


def read(
    text: str, name: str = "script", from_ms: int = 0, days: int | None = None, config: Config | None = None
) -> World:
    """The world that the script tells of. Raises ConfigError with every mistake, in the order of the lines.

    name: of the file. from_ms: when it starts. days: how long it lasts, None = until an hour after its last line.
    config: what is watched, if the script is not to declare it.
    """
    rows = [_Line(n, raw.partition("#")[0].split()) for n, raw in enumerate(text.splitlines(), 1)]
    lines = [line for line in rows if line.words]
    declared = [line for line in lines if line.words[0] in DECLARATIONS]
    told = [line for line in lines if line.words[0] not in DECLARATIONS]
    reader = _Reader(name, from_ms)
    if config is None:
        config = reader.configured(declared, told)
    else:
        for line in declared:
            reader.mistaken(line, f'expected a moment, found "{line.words[0]}": the configuration says what is watched')
    names = list(config.checks) if config else [line.words[1] for line in declared if _declares(line, "check")]
    happenings = reader.happenings(told, names)
    if reader.mistakes or config is None:
        raise ConfigError([text for _, text in sorted(reader.mistakes)])
    last_ms = max((h.at_ms for h in happenings), default=from_ms) + AFTERWARDS_MS
    timeouts_ms = {id_: check.timeout for id_, check in config.checks.items()}
    until_ms = last_ms if days is None else from_ms + days * _DAY_MS
    in_time = tuple(_timed_out(happening, timeouts_ms) for happening in happenings)
    return World(config.policy(), timeouts_ms, in_time, from_ms, until_ms)


def _timed_out(happening: Happening, timeouts_ms: Mapping[str, int]) -> Happening:
    """An answer that takes longer than its check waits is none."""
    answer, timeout_ms = happening.answer, timeouts_ms.get(happening.check)
    if answer is None or timeout_ms is None or (answer.took_ms or 0) <= timeout_ms:
        return happening
    return happening._replace(answer=Answer(Outcome.DOWN, Reason.HTTP_TIMEOUT, timeout_ms))


def _declares(line: _Line, what: str) -> bool:
    return line.words[0] == what and len(line.words) > 1


class _Reader:
    """Reads lines and collects what is wrong with them."""

    def __init__(self, name: str, from_ms: int) -> None:
        self.name = name
        self.from_ms = from_ms
        self.mistakes: list[tuple[int, str]] = []

    def mistaken(self, line: _Line, mistake: str) -> None:
        self.mistakes.append((line.number, f"{self.name}:{line.number}: {mistake}"))

    # ------------------------------------------------------------ what is watched

    def configured(self, declared: Sequence[_Line], others: Sequence[_Line]) -> Config | None:
        """What the declarations make; None if they have mistakes."""
        rows = [""] * max((line.number for line in declared), default=0)
        for line in declared:
            try:
                rows[line.number - 1] = self._table(line)
            except _Mistake as mistake:
                self.mistaken(line, str(mistake))
        try:
            return _loaded(self.name, "\n".join([*rows, *_implied(declared, others)]))
        except ConfigError as error:
            for told in error.mistakes:
                self.mistakes.append((int(told.removeprefix(f"{self.name}:").partition(":")[0]), told))
            return None

    def _table(self, line: _Line) -> str:
        """The line as a table of TOML."""
        words = _Words(line.words)
        what = words.take("a declaration")
        if what == "window":
            return self._window(words, line.number)
        section, more = ("checks", {"kind": '"simulated"'}) if what == "check" else ("components", {})
        id_ = words.take(f"the id of a {what}")
        pairs = more | dict(_pair(word, section) for word in line.words[2:])
        return f"{section}.{_quoted(id_)} = {_inline(pairs)}"

    def _window(self, words: _Words, number: int) -> str:
        expected = 'a moment such as "00:10"'
        start_ms, end_ms = words.parsed(expected, moment_ms), words.parsed(expected, moment_ms)
        start, end = (_EPOCH + timedelta(milliseconds=self.from_ms + ms) for ms in (start_ms, end_ms))
        pairs = {"start": start.isoformat(), "end": end.isoformat()}
        if words.peek() == "daily":
            words.take("daily")
            first = start.replace(tzinfo=None).isoformat()
            lasts = f'"{max(end_ms - start_ms, 0)}ms"'
            pairs = {"start": first, "rrule": '"FREQ=DAILY"', "duration": lasts}
        components = []
        while words.peek():
            components.append(_quoted(words.take("a component")))
        if components:
            pairs["components"] = f"[{', '.join(components)}]"
        return f"maintenance.window-{number} = {_inline(pairs)}"

    # ------------------------------------------------------------ what happens

    def happenings(self, told: Sequence[_Line], names: Sequence[str]) -> list[Happening]:
        """Everything that happens, in order."""
        found: list[_Told] = []
        last_ms = 0
        for line in told:
            words = _Words(line.words)
            try:
                at_ms = words.parsed('a moment such as "00:10", or a declaration', moment_ms)
                if at_ms < last_ms:
                    _refuse("a moment that is not before that of the line above", f'"{line.words[0]}"')
                last_ms = at_ms
                found.append(_happenings(words, self.from_ms + at_ms, names))
                words.end()
            except _Mistake as mistake:
                self.mistaken(line, str(mistake))
        return _with_ends(found)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _loaded(name: str, text: str) -> Config:
    return load(
        Path(name),
        check_options=lambda _: Simulated,
        check_kinds=("simulated",),
        channel_options=lambda _: Nowhere,
        channel_kinds=("nowhere",),
        env={},
        text=text,
    )


def _implied(declared: Sequence[_Line], told: Sequence[_Line]) -> list[str]:
    """What a script need not say: the checks it tells of if it declares none, their components, one subscription."""
    checks = {line.words[1]: line.words[2:] for line in declared if _declares(line, "check")}
    rows = []
    if not any(line.words[0] == "check" for line in declared):
        checks = {name: [] for name in _told_of(told)} or {"shop": []}
        rows = [f'checks.{_quoted(name)} = {{kind = "simulated"}}' for name in checks]
    fed = dict.fromkeys(_fed(name, keys) for name, keys in checks.items())
    there = {line.words[1] for line in declared if _declares(line, "component")}
    rows += [f"components.{_quoted(name)} = {{}}" for name in fed if name not in there]
    topics = ", ".join(map(_quoted, ("incidents", "maintenance")))
    return [
        *rows,
        'channels.hook = {kind = "nowhere"}',
        f'subscriptions.all = {{channel = "hook", topics = [{topics}]}}',
    ]


def _told_of(told: Sequence[_Line]) -> list[str]:
    keywords = {*STATES, *OURS, "network", "restart", "reload", "clock"}
    names = [line.words[1] for line in told if len(line.words) > 2]
    return list(dict.fromkeys(name for name in names if name.partition("/")[0] not in keywords))


def _fed(check: str, keys: Sequence[str]) -> str:
    pairs = dict(key.partition("=")[::2] for key in keys)
    return pairs.get("component", check)


def _pair(word: str, section: str) -> tuple[str, str]:
    """A key and its value as TOML has it."""
    key, equals, text = word.partition("=")
    if not (key and equals):
        _refuse('a key and a value such as "interval=30s"', f'"{word}"')
    return _quoted(key), _value(text, "list" in str(_fields(section).get(key)))


def _fields(section: str) -> Mapping[str, Any]:
    return {key: field.annotation for key, field in TABLES[section].model_fields.items()}


def _value(text: str, is_list: bool) -> str:
    if is_list:
        return f"[{', '.join(_quoted(part) for part in text.split(',') if part)}]"
    return text if re.fullmatch(r"0|[1-9][0-9]*|true|false", text) else _quoted(text)


def _inline(pairs: Mapping[str, str]) -> str:
    return f"{{{', '.join(f'{key} = {value}' for key, value in pairs.items())}}}"


def _quoted(text: str) -> str:
    """As TOML has it; what it could not have is left out."""
    plain = "".join(c for c in text if c.isprintable())
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _happenings(words: _Words, at_ms: int, names: Sequence[str]) -> _Told:
    """What one line says happens, and for how long."""
    word = words.peek()
    if word == "network" or word in OURS:
        return _of_ourselves(words, at_ms)
    if word == "restart":
        words.take(word)
        return _Told(Happening(at_ms, What.STOP), words.during_ms() or 0)
    if word == "reload":
        words.take(word)
        return _Told(Happening(at_ms, What.RELOAD))
    if word == "clock":
        words.take(word)
        jump_ms = words.parsed('a jump such as "+5m" or "-30s"', _jump_ms)
        return _Told(Happening(at_ms, What.CLOCK, jump_ms=jump_ms))
    return _of_target(words, at_ms, names)


def _of_ourselves(words: _Words, at_ms: int) -> _Told:
    """Our own trouble, told by its reason; or that of our network, which looks like everybody else's."""
    word = words.take("a word")
    answer = Answer(Outcome.UNKNOWN, Reason(word)) if word in OURS else Answer(Outcome.DOWN, Reason.CONNECT_TIMEOUT)
    if word == "network" and (state := words.take('"down"')) != "down":
        _refuse('"down"', f'"{state}"')
    lasts_ms = words.during_ms()
    if lasts_ms is None:
        _refuse('"for" and a duration', f'"{words.peek()}"' if words.peek() else "the end of the line")
    return _Told(Happening(at_ms, What.OURSELVES, answer=answer), lasts_ms)


def _of_target(words: _Words, at_ms: int, names: Sequence[str]) -> _Told:
    check = _check(words, names)
    expected = f"one of {', '.join(STATES)}"
    state, slash, reason = words.take(expected).partition("/")
    if state not in STATES:
        _refuse(expected, f'"{state}"')
    found = _reason(reason) if slash else _USUAL.get(state)
    ms = words.duration_ms() if words.peek() not in ("", "for") else None
    if state == "flapping":
        answer = Answer(Outcome.DOWN, found, every_ms=ms or FLAPS_EVERY_MS)
    else:
        answer = Answer(Outcome(state), found, ms)
    return _Told(Happening(at_ms, What.TARGET, check, answer), words.during_ms())


def _check(words: _Words, names: Sequence[str]) -> str:
    """The check a line tells of; it need not say so if there is only one."""
    word = words.peek()
    if word not in names and word.partition("/")[0] in STATES and len(names) == 1:
        return names[0]
    word = words.take("a check")
    if word not in names:
        _refuse(f"one of the checks {', '.join(names)}", f'"{word}"')
    return word


def _reason(word: str) -> Reason:
    reasons = [reason.value for reason in Reason if reason.owner is Owner.TARGET]
    if word not in reasons:
        _refuse(f"one of the reasons {', '.join(reasons)}", f'"{word}"')
    return Reason(word)


def _jump_ms(text: str) -> int:
    sign, length = text[:1], text[1:]
    if sign not in ("+", "-"):
        raise ValueError(text)
    return parse_duration_ms(length) * (1 if sign == "+" else -1)


def _with_ends(told: Sequence[_Told]) -> list[Happening]:
    """Everything that happens, in order: what lasts ends, unless something else of its kind has come meanwhile."""
    following: dict[tuple[What, str], int] = {}
    ends: list[Happening] = []
    for happening, lasts_ms in reversed(told):
        key = (happening.what, happening.check)
        end_ms = happening.at_ms + (lasts_ms or 0)
        if lasts_ms is not None and (key not in following or end_ms < following[key]):
            ends.append(_ENDS[happening.what]._replace(at_ms=end_ms, check=happening.check))
        following[key] = happening.at_ms
    return sorted([*(t.happening for t in told), *ends], key=lambda h: h.at_ms)


_ENDS = {
    What.TARGET: Happening(0, What.TARGET, answer=WELL),
    What.OURSELVES: Happening(0, What.OURSELVES),
    What.STOP: Happening(0, What.START),
}
