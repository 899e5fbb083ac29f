"""What is posted on X is what its API takes, and the signature is what others make of it."""

import json
import re

import pytest
from oauthlib import oauth1  # type: ignore[import-untyped]
from oauthlib.oauth1.rfc5849 import signature as rfc5849  # type: ignore[import-untyped]
from pydantic import ValidationError

from prober.errors import DeliveryError
from prober.notifiers import Receipt
from prober.notifiers.x import XOptions, authorization, post, weight
from tests.notifiers.channels import channel
from tests.notifiers.parcels import EVERY, HEAVY, PARCELS
from tests.notifiers.receivers import Judge, answering, status

pytestmark = pytest.mark.anyio

KEYS = {"consumer_key": "ck", "consumer_secret": "c-s_x", "access_token": "12-at", "access_secret": "a~s"}
TAKEN = status("201 Created", body=b'{"data": {"id": "1", "text": ""}}')
UNSIGNED = status("401 Unauthorized", body=b'{"title": "Unauthorized", "type": "about:blank", "status": 401}')
REFUSED = status("400 Bad Request", body=b'{"detail": "text: too long", "title": "Invalid Request", "status": 400}')
TWICE = status(
    "403 Forbidden",
    body=b'{"detail": "You are not allowed to create a Tweet with duplicate content.", "title": "Forbidden"}',
)
FORBIDDEN = status("403 Forbidden", body=b'{"detail": "You are not permitted to perform this action."}')


def _is_genuine(header: str, url: str) -> bool:
    """Whether oauthlib, which knows the secrets, makes the same signature of it."""
    given = rfc5849.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=True)
    names = ("consumer_key", "nonce", "signature_method", "timestamp", "token", "version")
    assert sorted(name for name, _ in given) == [f"oauth_{name}" for name in names]
    base = rfc5849.signature_base_string("POST", url, rfc5849.normalize_parameters(given))
    client = oauth1.Client(KEYS["consumer_key"], KEYS["consumer_secret"], KEYS["access_token"], KEYS["access_secret"])
    wanted: str = rfc5849.sign_hmac_sha1_with_client(base, client)
    return f'oauth_signature="{oauth1.rfc5849.utils.escape(wanted)}"' in header


def _counted(text: str) -> int:
    """X's weighted length, by its documentation: links are 23, a few ranges once, the rest twice."""
    links = re.compile(r"https?://[^\s]+|[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")
    light = [*range(4352), *range(8192, 8206), *range(8208, 8224), *range(8242, 8248)]
    cheap = frozenset(map(chr, light))
    return 23 * len(links.findall(text)) + sum(1 if c in cheap else 2 for c in links.sub("", text))


def strict() -> Judge:
    """X: checks who posts, what is posted, and that it was not posted before."""
    posted: set[str] = set()

    def judge(headers: dict[str, str], body: bytes) -> bytes:
        if headers[""] != "POST /2/tweets HTTP/1.1" or headers["content-type"] != "application/json":
            return REFUSED
        if not _is_genuine(headers["authorization"], f"http://{headers['host']}/2/tweets"):
            return UNSIGNED
        message = json.loads(body)
        if message.keys() != {"text"} or not 1 <= _counted(message["text"]) <= 280:
            return REFUSED
        if message["text"] in posted:
            return TWICE
        posted.add(message["text"])
        return TAKEN

    return judge


@pytest.mark.parametrize("about", EVERY)
async def test_x_takes_every_notice(about: str) -> None:
    async with answering(strict()) as receiver:
        assert await channel("x", receiver.url, **KEYS).send(EVERY[about]) == Receipt(201)


@pytest.mark.parametrize("about", PARCELS)
async def test_what_is_posted_again_is_there_already(about: str) -> None:
    async with answering(strict()) as receiver:
        one = channel("x", receiver.url, **KEYS)
        await one.send(PARCELS[about])
        again = PARCELS[about]._replace(attempt=2, sent_ms=PARCELS[about].sent_ms + 9_000)
        assert await one.send(again) == Receipt(403, "it is there already")
    nonces = [re.findall('oauth_nonce="(.+?)"', headers["authorization"]) for headers, _ in receiver.requests]
    assert nonces[0] != nonces[1]


async def test_reminders_of_the_same_are_different_posts() -> None:
    first = PARCELS["incident_reminder"]
    later = first._replace(notice=first.notice._replace(at_ms=first.notice.at_ms + 1_000))
    assert post(first) != post(later)


async def test_wrong_secrets_are_refused_by_the_stand_in() -> None:
    async with answering(strict()) as receiver:
        with pytest.raises(DeliveryError, match="answered 401: Unauthorized"):
            await channel("x", receiver.url, **KEYS | {"access_secret": "other"}).send(PARCELS["incident_opened"])


@pytest.mark.parametrize(
    ("answer", "is_final", "wish_s"),
    [
        (FORBIDDEN, True, None),
        (status("429 Too Many", "x-rate-limit-reset: 1700000042"), False, 39.5),  # sent at ...02.5
        (status("429 Too Many", "x-rate-limit-reset: 5"), False, 0.0),
        (status("429 Too Many", "x-rate-limit-reset: soon"), False, None),
        (status("429 Too Many", "Retry-After: 7", "x-rate-limit-reset: 1700000042"), False, 7.0),
        (status("503 Busy", body=b'{"title": "Service Unavailable"}'), False, None),
    ],
)
async def test_an_answer_is_told_as_what_it_is(answer: bytes, is_final: bool, wish_s: float | None) -> None:
    async with answering(answer) as receiver:
        with pytest.raises(DeliveryError) as failed:
            await channel("x", receiver.url, **KEYS).send(PARCELS["incident_opened"])
    assert (failed.value.permanent, failed.value.retry_after_s) == (is_final, wish_s)


def test_the_signature_is_that_of_xs_documentation() -> None:
    # The scheme itself, by an independent library, over a URL with what must be quoted.
    options = XOptions.model_validate({"kind": "x", **KEYS})
    url = "https://api.x.com/2/tweets"
    assert _is_genuine(authorization(options, url, PARCELS["incident_opened"]), url)
    assert not _is_genuine(authorization(options, url, PARCELS["incident_opened"]), f"{url}s")


def test_a_post_says_what_when_and_where() -> None:
    assert post(PARCELS["incident_opened"]) == (
        "🔴 [Main] Opened: Shop is down\nShop is down: requests time out. We are investigating.\n"
        "2023-11-14 22:13:20 UTC\nhttps://status.example/incidents/q1w2e3r4t5y6"
    )


def test_a_text_calls_nobody() -> None:
    assert not re.search(r"[@#$]\w", post(HEAVY["incident"]))


@pytest.mark.parametrize(
    ("text", "counts"),
    [("shop", 4), ("für", 3), ("😀", 2), ("日本", 4), ("a.de", 23), ("…", 2), ("at 12.30 h", 10), ("“x”", 3)],
)
def test_letters_weigh_what_x_says(text: str, counts: int) -> None:
    assert weight(text) == counts


def test_as_much_as_fits_is_told() -> None:
    assert 240 < _counted(post(HEAVY["incident"])) <= 280


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_one_word_and_is_not_repeated(key: str) -> None:
    with pytest.raises(ValidationError, match="a key: letters") as failed:
        XOptions.model_validate({"kind": "x", **KEYS, key: "hush hush"})
    assert "hush" not in str(failed.value).partition("input")[0]
