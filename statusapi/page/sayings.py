"""What the automation writes into incidents, in other languages. What people wrote stays as they wrote it.

The core writes English sentences, and they are stored; here they are recognised by their shape.
"""

import re
from collections.abc import Callable, Mapping

from statusapi.page.languages import Language

# "{why}" and "{lasted}" are translated themselves; "{name}" and "{count}" stay as they are.
SENTENCES = (
    *(
        f"{{name}} {trouble}{end}"
        for trouble in ("is down", "is partially down", "is degraded")
        for end in (
            "",
            " now.",
            ". We are investigating.",
            ": {why}. We are investigating.",
            " again. We are investigating.",
            " again: {why}. We are investigating.",
        )
    ),
    "{name} is operational now.",
    "{name} is under maintenance now.",
    "{name} is operational again. We keep watching it.",
    "{name} is operational again after {lasted}.",
    "{name} has changed {count} times of late. This stays open until it is steady.",
    "The maintenance has started.",
    "The maintenance is completed.",
    "The maintenance has been rescheduled.",
    "The maintenance is cancelled.",
    "The maintenance is cancelled: it has not been started in its time.",
    "The maintenance is cancelled: it is no longer planned.",
    "The maintenance is completed: it is no longer planned.",
    "{name} are operational again. We keep watching them.",
    "{name} are operational again after {lasted}.",
    "This affects {name} as well.",
)
_PARTS = {
    "name": r"(?P<name>.+?)",
    "why": r"(?P<why>[^\n]+?)",
    "lasted": r"(?P<lasted>[0-9dhmins ]+)",
    "count": r"(?P<count>[0-9]+)",
}
_WRITE: Mapping[str, Callable[[Language, str], str]] = {"why": Language.say, "lasted": Language.length}


def _shape(sentence: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{(\w+)\\}", lambda found: _PARTS[found[1]], re.escape(sentence)))


# The longest first: what a longer one says, a shorter one takes for a name.
_SHAPES = [(_shape(sentence), sentence) for sentence in sorted(SENTENCES, key=len, reverse=True)]
_MOST = 500  # characters; what is longer was written by a person


def said(text: str, language: Language) -> str:
    """The text in that language if the automation wrote it; else as it is."""
    if not language.texts or len(text) > _MOST:
        return text
    for shape, sentence in _SHAPES:
        found = shape.fullmatch(text)
        if found and sentence in language.texts:
            parts = {key: _WRITE.get(key, _as_it_is)(language, part) for key, part in found.groupdict().items()}
            return language.texts[sentence].format(**parts)
    return text


def _as_it_is(_: Language, text: str) -> str:
    return text
