"""Answers made once and sent many times: bodies with ETags, conditional answers, and which page a request means."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

import brotli  # type: ignore[import-untyped]
from starlette.requests import Request
from starlette.responses import Response

from statusapi.nouns import PageView
from statusapi.problems import Problem, not_found
from statusapi.views import Views

READS = ["GET", "HEAD"]

K = TypeVar("K")
V = TypeVar("V")
Pages = Mapping[str, PageView]


MOST_NAMES = 500  # bodies of a page that are kept; there are as many as its incidents and months
CODED_OVER = 1_000  # bytes; less is not worth it
_BROTLI = 5  # smaller than gzip, in the same time


class Coded(NamedTuple):
    """A body in a content coding."""

    coding: str
    content: bytes
    etag: str


class Body(NamedTuple):
    """An answer that was made once and is sent many times. coded: the smallest first; none if that is not worth it."""

    content: bytes
    etag: str
    coded: tuple[Coded, ...] = ()

    @property
    def tags(self) -> set[str]:
        """Of all its forms."""
        return {self.etag, *(one.etag for one in self.coded)}


def body(content: bytes) -> Body:
    """The content with a strong ETag for each of its forms: equal contents have equal tags."""
    digest = hashlib.blake2b(content, digest_size=12).hexdigest()
    if len(content) <= CODED_OVER:
        return Body(content, f'"{digest}"')
    made = {"br": brotli.compress(content, quality=_BROTLI), "gzip": gzip.compress(content, compresslevel=6, mtime=0)}
    return Body(content, f'"{digest}"', tuple(Coded(name, coded, f'"{digest}-{name}"') for name, coded in made.items()))


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
    weights = _weights(request.headers.get("accept-encoding", ""))
    for one in prepared.coded:
        if _is_taken(one.coding, weights):
            content, coding, etag = one.content, {"Content-Encoding": one.coding}, one.etag
            break
    headers = {"ETag": etag, "Vary": "Accept-Encoding", **headers}
    if has_it(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers={**headers, **coding}, media_type=media_type)


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (q=0 forbids it)."""
    return _is_taken("gzip", _weights(accept_encoding))


def _weights(accept_encoding: str) -> dict[str, str]:
    found = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameters = part.partition(";")
        found[coding.strip()] = parameters.strip().removeprefix("q=")
    return found


def _is_taken(coding: str, weights: Mapping[str, str]) -> bool:
    weight = weights.get(coding, weights.get("*", "0"))  # what names it counts, whatever is said of all others
    return weight.strip("0.") != "" or weight == ""


def has_it(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match header names the tag (RFC 9110: compared weakly)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags


def check_match(request: Request, now: Body) -> None:
    """Raises Problem if what is to be changed is not what the asker has read any more, by If-Match."""
    wanted = request.headers.get("if-match")
    if wanted is not None and not {tag.strip() for tag in wanted.split(",")} & {*now.tags, "*"}:
        raise Problem(412, "changed", "It is not what it was when you read it.")


def page_of(views: Views, request: Request) -> PageView:
    """The page that a request means: by /s/<site>, else by its Host header. Raises Problem if there is none."""
    page = views.find(request.path_params.get("site"), request.headers.get("host"))
    if page is None:
        raise not_found()
    return page
