"""Answers made once and sent many times: bodies with ETags, conditional answers, and which page a request means."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from statusapi.problems import Problem, not_found
from statusapi.views import PageView, Views

READS = ["GET", "HEAD"]

K = TypeVar("K")
V = TypeVar("V")
Pages = Mapping[str, PageView]


MOST_NAMES = 500  # bodies of a page that are kept; there are as many as its incidents and months
GZIP_OVER = 1_000  # bytes; less is not worth it


class Body(NamedTuple):
    """An answer that was made once and is sent many times. gzipped: None if that is not worth it."""

    content: bytes
    etag: str
    gzipped: bytes | None = None
    gzipped_etag: str = ""


def body(content: bytes) -> Body:
    """The content with a strong ETag for each of its two forms: equal contents have equal tags."""
    digest = hashlib.blake2b(content, digest_size=12).hexdigest()
    gzipped = gzip.compress(content, compresslevel=6, mtime=0) if len(content) > GZIP_OVER else None
    return Body(content, f'"{digest}"', gzipped, f'"{digest}-gzip"')


class Prepared:
    """Bodies of each page, made at the first question after the page has changed.

    make(page, name): the content of that name. Whether a page has changed is told by its identity.
    """

    def __init__(self, make: Callable[[PageView, str], bytes]) -> None:
        self._make = make
        self._made: dict[str, tuple[PageView, dict[str, Body]]] = {}

    def get(self, page: PageView, name: str, make: Callable[[], bytes] | None = None) -> Body:
        """The body of that name; what make raises passes through. make: instead of the usual one."""
        found = self._made.get(page.site)
        if found is None or found[0] is not page:
            found = self._made[page.site] = (page, {})
        made = found[1].get(name)
        if made is None:
            if len(found[1]) >= MOST_NAMES:
                found[1].clear()
            made = found[1][name] = body(make() if make else self._make(page, name))
        return made


class Kept(Generic[K, V]):
    """What is made of all pages, at the first question after any of them has changed.

    make(pages, key): the thing of that key; how many keys there are is for the caller to bound.
    """

    def __init__(self, make: Callable[[Pages, K], V]) -> None:
        self._make = make
        self._of: Pages = {}
        self._made: dict[K, V] = {}

    def get(self, pages: Pages, key: K) -> V:
        """The thing of that key; what make raises passes through."""
        if self._of is not pages:
            self._of, self._made = pages, {}
        if key not in self._made:
            self._made[key] = self._make(pages, key)
        return self._made[key]


def answer(request: Request, prepared: Body, media_type: str, headers: Mapping[str, str]) -> Response:
    """The body, or 304 if the client has it already."""
    content, coding, etag = prepared.content, {}, prepared.etag
    if prepared.gzipped is not None and takes_gzip(request.headers.get("accept-encoding", "")):
        content, coding, etag = prepared.gzipped, {"Content-Encoding": "gzip"}, prepared.gzipped_etag
    headers = {"ETag": etag, "Vary": "Accept-Encoding", **headers}
    if has_it(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers={**headers, **coding}, media_type=media_type)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (q=0 forbids it)."""
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.partition(";")
        weights[coding.strip()] = parameters.strip().removeprefix("q=")
    weight = weights.get("gzip", weights.get("*", "0"))  # what names gzip counts, whatever is said of all others
    return weight.strip("0.") != "" or weight == ""


def has_it(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match header names the tag (RFC 9110: compared weakly)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags


def check_match(request: Request, now: Body) -> None:
    """Raises Problem if what is to be changed is not what the asker has read any more, by If-Match."""
    wanted = request.headers.get("if-match")
    if wanted is not None and not {tag.strip() for tag in wanted.split(",")} & {now.etag, now.gzipped_etag, "*"}:
        raise Problem(412, "changed", "It is not what it was when you read it.")


def page_of(views: Views, request: Request) -> PageView:
    """The page that a request means: by /s/<site>, else by its Host header. Raises Problem if there is none."""
    page = views.find(request.path_params.get("site"), request.headers.get("host"))
    if page is None:
        raise not_found()
    return page
