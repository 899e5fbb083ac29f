"""What people write, as HTML: Markdown without HTML, then only what may stand on a page.

Two gates, either of which would do: the first knows no HTML, the second lets through a few harmless elements.
"""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

KEPT = 2_000  # texts; a page has fewer
ELEMENTS = {"p", "br", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "a", "hr", "s"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
_HEADINGS = dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "strong")  # the page's outline is its own

_markdown = MarkdownIt("zero", {"html": False, "breaks": True}).enable(
    [
        *("emphasis", "backticks", "escape", "entity", "link", "autolink", "newline", "strikethrough"),
        *("list", "fence", "blockquote", "heading", "hr"),
    ]
)


@lru_cache(maxsize=KEPT)
def html(text: str) -> Markup:
    """Safe HTML of a text in Markdown; its headings are only bold, for the page's outline is its own."""
    tokens = _markdown.parse(text.replace("\0", "\ufffd"))
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
    made = _markdown.renderer.render(tokens, _markdown.options, {})
    # Where a link leads to shall not learn where its reader came from, and gets no hold of the page.
    return Markup(nh3.clean(made, ELEMENTS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer"))
