"""Kind webhook: POSTs a notice as JSON to a URL, signed if the channel has a secret."""

from ipaddress import ip_network
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from prober.notifiers import alertmanager_format, instatus_format, standard_format, statuspage_format, up_format
from prober.notifiers.base import Parcel, kind_of
from prober.notifiers.keys import Authorities, Headers, UrlBesideHeaders, place
from prober.notifiers.post import Letter, Post
from prober.notifiers.signing import (
    KEY_PREFIX,
    MAX_BYTES,
    MIN_BYTES,
    PREFIX,
    SEED_BYTES,
    Signer,
    body_signature,
    private_key,
    secret_bytes,
)
from prober.options import ChannelOptions, Secret, mistake
from prober.wire.guard import Guard

INSTATUS_HEADER = "x-instatus-webhook-signature"

_EXPECTED_SECRET = f'"{PREFIX}" and base64 of {MIN_BYTES} to {MAX_BYTES} bytes, such as `openssl rand -base64 32` makes'
_EXPECTED_KEY = f'"{KEY_PREFIX}" and base64 of {SEED_BYTES} bytes, such as `openssl rand -base64 32` makes'

FORMATS = {
    "up": up_format.payload,
    "statuspage": statuspage_format.payload,
    "standard": standard_format.payload,
    "instatus": instatus_format.payload,
    "alertmanager": alertmanager_format.payload,
}


def _network(value: object) -> object:
    expected = 'a network such as "10.1.0.0/16"'
    if not isinstance(value, str):
        raise mistake(expected)
    try:
        ip_network(value)
    except ValueError:
        raise mistake(expected) from None
    return value


class WebhookOptions(ChannelOptions):
    """The keys of a channel of kind webhook."""

    tells_digests: ClassVar[bool] = False
    url: UrlBesideHeaders
    """Where notices are sent: an http or https URL."""
    format: Literal["up", "statuspage", "standard", "instatus", "alertmanager"] = "up"
    """The shape of the JSON."""
    secret: Secret | None = None
    """Signs every notice after Standard Webhooks."""
    old_secret: Secret | None = None
    """Signs every notice as well, until the receiver knows the new one."""
    signing_key: Secret | None = None
    """Signs every notice by Ed25519, so that the receiver needs no secret."""
    headers: Headers = Field(default={}, repr=False)
    """More request headers, such as Authorization."""
    ca: Authorities | None = None
    """A PEM file with the authorities to trust instead of the system's."""

    @field_validator("secret", "old_secret", mode="after")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            if value is not None:
                secret_bytes(value.get_secret_value())
        except ValueError:
            raise mistake(_EXPECTED_SECRET, "another text") from None
        return value

    public_only: bool = False
    """Whether it connects to public addresses only, whatever the URL's host resolves to."""
    allow: list[Annotated[str, BeforeValidator(_network)]] = Field(default=[])
    """With `public_only`: networks that it may connect to all the same."""

    @field_validator("signing_key", mode="after")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        try:
            if value is not None:
                private_key(value.get_secret_value())
        except ValueError:
            raise mistake(_EXPECTED_KEY, "another text") from None
        return value

    def target(self) -> str:
        return place(self.url)


def build(options: WebhookOptions) -> Post:
    """The sender of one channel of kind webhook."""
    payload = FORMATS[options.format]
    signer, secret = _signer(options), options.secret
    # The header of its own that receivers of this format ask for.
    vendor = secret.get_secret_value() if secret is not None and options.format == "instatus" else None

    def letter(parcel: Parcel) -> Letter:
        body = payload(parcel)
        own = [(INSTATUS_HEADER, body_signature(vendor, body))] if vendor is not None else []
        return Letter(options.url, body, [*options.headers.items(), *own, *_signed(signer, parcel, body)])

    return Post(options, letter, guard=_guard(options), ca=options.ca)


def _signer(options: WebhookOptions) -> Signer:
    secrets = [s.get_secret_value() for s in (options.secret, options.old_secret) if s is not None]
    key = private_key(options.signing_key.get_secret_value()) if options.signing_key else None
    return Signer(tuple(secret_bytes(text) for text in secrets), key)


def _guard(options: WebhookOptions) -> Guard | None:
    return Guard([ip_network(text) for text in options.allow]) if options.public_only else None


def _signed(signer: Signer, parcel: Parcel, body: bytes) -> list[tuple[str, str]]:
    id_, sent_s = parcel.notice.id, parcel.sent_ms // 1000
    headers = [("webhook-id", id_), ("webhook-timestamp", str(sent_s))]
    signatures = signer.signatures(id_, sent_s, body)
    return [*headers, ("webhook-signature", signatures)] if signatures else headers


KIND = kind_of(WebhookOptions, build)
