"""XML put together as elements, so that no text can become markup; what XML can't hold is replaced."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def put(
    parent: ElementTree.Element, name: str, text: str = "", attributes: Mapping[str, str] | None = None
) -> ElementTree.Element:
    """A new element at the end of its parent."""
    legal = {key: _legal(value) for key, value in (attributes or {}).items()}
    element = ElementTree.SubElement(parent, name, legal)
    element.text = _legal(text) or None
    return element


def written(root: ElementTree.Element) -> str:
    """The element with all that it holds."""
    return ElementTree.tostring(root, "unicode")


def _legal(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", text)
