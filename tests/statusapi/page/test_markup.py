"""Whatever a text holds, what is written is XML and says the same."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from statusapi.page.markup import put, written


@given(st.text(), st.text())
def test_any_text_is_read_back(text: str, attribute: str) -> None:
    root = ElementTree.Element("root")
    put(root, "child", text, {"name": attribute})
    (child,) = ElementTree.fromstring(written(root))
    assert (child.text or "", child.get("name")) == (read(text), read(attribute, in_attribute=True))


def read(text: str, *, in_attribute: bool = False) -> str:
    """What a parser makes of the text: one kind of line end, and a mark for what can't be said."""
    legal = "".join(c if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in text)
    return legal if in_attribute else legal.replace("\r\n", "\n").replace("\r", "\n")


def test_markup_stays_text() -> None:
    root = ElementTree.Element("root")
    put(root, "child", "<b>]]>&amp;", {"name": "\"<'&"})
    assert written(root) == '<root><child name="&quot;&lt;\'&amp;">&lt;b&gt;]]&gt;&amp;amp;</child></root>'
