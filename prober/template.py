"""Templates for the words of a notice: a subset of Mustache, in which nothing can be computed.

{{name}} is a value; {{#name}}...{{/name}} stands if there is a value, or once for each of a list; {{^name}}...{{/name}}
stands if there is none; {{! this }} is a comment. A tag other than a value that is alone on its line takes the line
with it. Names are known beforehand, so that a mistake is found when a template is read. Lists do not stand in lists, so
that what is written is bounded. Nothing is escaped here: a channel does so in its own way.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

LONGEST = 5_000
LONGEST_OUTPUT = 20_000
DEEPEST = 10

_TAG = re.compile(r"\{\{([#^/!]?)(.*?)\}\}", re.DOTALL)
_NAME = re.compile(r"[a-z_]{1,40}")

Item: TypeAlias = Mapping[str, str | bool]
Value: TypeAlias = str | bool | Sequence[Item]
Scope: TypeAlias = Mapping[str, Sequence[str]]
"""The names that are known: of a list with those that its items have, of another value with none."""


class Text(NamedTuple):
    """Stands as it is."""

    text: str


class Variable(NamedTuple):
    """Stands for a value."""

    name: str


class Section(NamedTuple):
    """Stands if there is a value, is_inverted if there is none."""

    name: str
    is_inverted: bool
    parts: "tuple[Part, ...]"


Part: TypeAlias = Text | Variable | Section
Template: TypeAlias = tuple[Part, ...]


class _Open(NamedTuple):
    name: str
    is_inverted: bool
    at: int
    names: frozenset[str]
    parts: list[Part]


def parsed(text: str, scope: Scope) -> Template:
    """The template. Raises ValueError, with line and column, if it is none or names what is not known."""
    if len(text) > LONGEST:
        raise ValueError(f"it is longer than {LONGEST} characters")
    opened = [_Open("", False, 0, frozenset(scope), [])]
    at = 0
    for tag in _TAG.finditer(text):
        start, end = _extent(text, tag)
        _add_text(opened[-1], text, at, max(start, at))
        at = max(end, at)
        _take(opened, tag, text, scope)
    _add_text(opened[-1], text, at, len(text))
    if len(opened) > 1:
        raise _error(text, opened[-1].at, f"{{{{#{opened[-1].name}}}}} is not closed")
    return tuple(opened[0].parts)


def rendered(template: Template, values: Mapping[str, Value]) -> str:
    """The text, at most LONGEST_OUTPUT characters of it."""
    found: list[str] = []
    left = LONGEST_OUTPUT
    for piece in _pieces(template, [values]):
        found.append(piece[:left])
        left -= len(piece)
        if left <= 0:
            break
    return "".join(found)


def _add_text(into: _Open, text: str, start: int, end: int) -> None:
    found = text[start:end]
    if "{{" in found:
        raise _error(text, start + found.index("{{"), "{{ is not closed")
    if found:
        into.parts.append(Text(found))


def _extent(text: str, tag: re.Match[str]) -> tuple[int, int]:
    """From where to where it is taken out: with its line, if it is alone on it and no value."""
    start, end = tag.span()
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    rest = text[end:] if line_end < 0 else text[end:line_end]
    is_alone = bool(tag[1]) and not text[line_start:start].strip() and not rest.strip()
    return (line_start, len(text) if line_end < 0 else line_end + 1) if is_alone else (start, end)


def _take(opened: list[_Open], tag: re.Match[str], text: str, scope: Scope) -> None:
    sign, name, at = tag[1], tag[2].strip(), tag.start()
    here = opened[-1]
    if sign == "!":
        return
    if not _NAME.fullmatch(name):
        raise _error(text, at, f"expected a name, found {tag[0][:40]}")
    if sign == "/":
        if len(opened) == 1 or here.name != name:
            wanted = f"expected {{{{/{here.name}}}}}, found" if len(opened) > 1 else "nothing is closed by"
            raise _error(text, at, f"{wanted} {{{{/{name}}}}}")
        opened.pop()
        opened[-1].parts.append(Section(name, here.is_inverted, tuple(here.parts)))
        return
    if name not in here.names:
        raise _error(text, at, f"there is no {name}; there are {', '.join(sorted(here.names))}")
    if not sign:
        if scope.get(name):
            raise _error(text, at, f"{name} is a list, for {{{{#{name}}}}}")
        here.parts.append(Variable(name))
        return
    if not _is_free(opened, sign, name, scope):
        raise _error(text, at, f"{name} is a list, and stands in one")
    if len(opened) > DEEPEST:
        raise _error(text, at, f"sections are nested deeper than {DEEPEST}")
    names = here.names | frozenset(() if sign == "^" else scope.get(name, ()))
    opened.append(_Open(name, sign == "^", at, names, []))


def _is_free(opened: list[_Open], sign: str, name: str, scope: Scope) -> bool:
    """Whether it opens no list within a list."""
    lists = [one for one in opened if scope.get(one.name) and not one.is_inverted]
    return sign == "^" or not scope.get(name) or not lists


def _error(text: str, at: int, why: str) -> ValueError:
    line = text.count("\n", 0, at) + 1
    return ValueError(f"line {line}, column {at - text.rfind(chr(10), 0, at)}: {why}")


def _pieces(template: Template, context: list[Mapping[str, Value]]) -> Iterator[str]:
    for part in template:
        if isinstance(part, Text):
            yield part.text
            continue
        value = next((values[part.name] for values in reversed(context) if part.name in values), "")
        if isinstance(part, Variable):
            yield value if isinstance(value, str) else ""
        elif part.is_inverted:
            yield from () if value else _pieces(part.parts, context)
        elif isinstance(value, str | bool):
            yield from _pieces(part.parts, context) if value else ()
        else:
            for item in value:
                yield from _pieces(part.parts, [*context, item])


NOTICE: Scope = {
    "site": (),
    "reason": (),
    "happened": (),
    "name": (),
    "subject": (),
    "text": (),
    "mark": (),
    "badness": (),
    "headline": (),
    "url": (),
    "impact": (),
    "status": (),
    "began": (),
    "ended": (),
    "is_incident": (),
    "is_maintenance": (),
    "is_change": (),
    "is_over": (),
    "components": ("component", "shows"),
    "updates": ("at", "body"),
    "facts": ("label", "value"),
}
"""What is known of a notice; docs/channels.md says what each one means."""
