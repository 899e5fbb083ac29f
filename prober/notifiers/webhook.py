"""Kind webhook: POSTs a notice as JSON to a URL, signed if the channel has a secret."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from prober.notifiers import standard_format, statuspage_format, up_format
from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.keys import Headers, UrlBesideHeaders, place
from prober.notifiers.post import Letter, Post
from prober.notifiers.signing import MAX_BYTES, MIN_BYTES, PREFIX, secret_bytes, signature
from prober.options import ChannelOptions, Secret, mistake

_EXPECTED_SECRET = f'"{PREFIX}" and base64 of {MIN_BYTES} to {MAX_BYTES} bytes, such as `openssl rand -base64 32` makes'

FORMATS = {
    "up": up_format.payload,
    "statuspage": statuspage_format.payload,
    "standard": standard_format.payload,
}


class WebhookOptions(ChannelOptions):
    """The keys of a channel of kind webhook."""

    url: UrlBesideHeaders
    """Where notices are sent: an http or https URL."""
    format: Literal["up", "statuspage", "standard"] = "up"
    """The shape of the JSON."""
    secret: Secret | None = None
    """Signs every notice after Standard Webhooks."""
    headers: Headers = Field(default={}, repr=False)
    """More request headers, such as Authorization."""

    @field_validator("secret", mode="after")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            if value is not None:
                secret_bytes(value.get_secret_value())
        except ValueError:
            raise mistake(_EXPECTED_SECRET, "another text") from None
        return value

    def target(self) -> str:
        return place(self.url)


class CallbackOptions(WebhookOptions):
    """The same of a URL that an operator did not write: it must not reach what only we can reach."""


def build(options: WebhookOptions) -> Post:
    """The sender of one channel of kind webhook."""
    payload = FORMATS[options.format]
    key = secret_bytes(options.secret.get_secret_value()) if options.secret else None

    def letter(parcel: Parcel) -> Letter:
        body = payload(parcel)
        return Letter(options.url, body, [*options.headers.items(), *_signed(key, parcel, body)])

    return Post(options, letter, is_public_only=isinstance(options, CallbackOptions))


def _signed(key: bytes | None, parcel: Parcel, body: bytes) -> list[tuple[str, str]]:
    id_, sent_s = parcel.notice.id, parcel.sent_ms // 1000
    headers = [("webhook-id", id_), ("webhook-timestamp", str(sent_s))]
    return headers if key is None else [*headers, ("webhook-signature", signature(key, id_, sent_s, body))]


KIND = kind_of(WebhookOptions, build)
