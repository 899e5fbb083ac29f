"""What people write stays harmless, whatever it is."""

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from statusapi.page import prose

HARMLESS = prose.ELEMENTS | {"html", "head", "body"}


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("It is **down**.", "<p>It is <strong>down</strong>.</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("# Why", "<strong>Why</strong>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("`x < y`", "<p><code>x &lt; y</code></p>"),
        ("[plan](https://a.example/b)", '<p><a href="https://a.example/b" rel="noopener noreferrer">plan</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("<b>bold</b>", "<p>&lt;b&gt;bold&lt;/b&gt;</p>"),
        (
            "![seen](https://a.example/pixel)",
            '<p>!<a href="https://a.example/pixel" rel="noopener noreferrer">seen</a></p>',
        ),
    ],
)
def test_markdown_without_html_and_pictures(text: str, html: str) -> None:
    assert prose.html(text).strip() == html


@given(st.text(alphabet=st.sampled_from("<>\"'&`*_[]()!#-\\/:;=\n\0 abdhijlmnoprstuvcx"), max_size=80))
def test_nothing_else_gets_through(text: str) -> None:
    tree = html5lib.parse(f"<!doctype html>{prose.html(text)}", namespaceHTMLElements=False)
    for element in tree.iter():
        assert element.tag in HARMLESS
        assert set(element.attrib) <= {"href", "rel", "start"}
        assert element.get("href", "https://").startswith(("http://", "https://", "mailto:", "/", "#")) or ":" not in (
            element.get("href", "")
        )
