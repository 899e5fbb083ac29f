"""The tables of the configuration file, apart from what the kinds of checks and channels add to theirs.

Each is keyed by a stable id; names are for people and may change.
"""

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationInfo, field_validator

from prober.config import values
from prober.config.values import DAY_MS, Address, GroupBy, HoursText, KeptMs, Key, Moment
from prober.core.hours import Hours, parsed
from prober.core.recurrence import Recurrence
from prober.options import (
    ChannelOptions,
    CheckOptions,
    DurationMs,
    Id,
    Name,
    Options,
    Secret,
    Zone,
    mistake,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Daemon(Options):
    """The [prober] table: the daemon itself."""

    state_dir: Annotated[Path, PlainValidator(values.folder)] = Field(default="prober-state", validate_default=True)
    """Where the database is kept, relative to this file. Without the key, `$STATE_DIRECTORY` if that is set."""
    include: list[str] = Field(default=[])
    """Files, or patterns of files, that are read as if they stood here; relative to this file."""
    public: Annotated[Address, PlainValidator(values.address)] = Address("127.0.0.1", 8080)
    """Where the page, the API and the metrics are served."""
    up: Annotated[Address | None, PlainValidator(values.address_or_off)] = Address("127.0.0.1", 5010)
    """Where the UP dialect is served; "off" for nowhere."""
    metrics: Annotated[Address | None, PlainValidator(values.address_or_off)] = None
    """Where metrics are served, and what belongs to them, in place of `public`; "off" for there."""
    metrics_key: Key | None = None
    """The key that they ask for, as a bearer's token."""
    metrics_cert: Annotated[Path, PlainValidator(values.folder)] | None = None
    """A PEM file with the certificate of `metrics` and those above it: it is served by TLS."""
    metrics_cert_key: Annotated[Path, PlainValidator(values.folder)] | None = Field(default=None, validate_default=True)
    """A PEM file with the certificate's key, if that does not stand in the same file."""
    max_probes: int = Field(default=500, ge=1, le=10_000)
    """How many probes may run at the same time."""
    max_probes_per_host: int = Field(default=50, ge=1, le=10_000)
    """And how many of them against one host."""
    max_probes_per_kind: int | None = Field(default=None, ge=1, le=10_000)
    """And how many of them of one kind; without the key, as many as of all."""
    resolver: Literal["own", "system"] = "own"
    """By whom names are looked up: by ourselves or by the system, with a thread for each look-up."""
    dns_cache: bool = False
    """Whether addresses are kept for as long as the name's servers allow."""
    canaries: list[Id] = Field(default=[])
    """Checks that show whether our own network works, for every check that does not name its own."""
    admin_key: Key | None = None
    """The key that opens every account of the API."""
    ballast: int = Field(default=16, ge=0, le=10_240)
    """MiB kept free beside the database for the day the disk is full; 0 = none."""
    safe_mode_after: int = Field(default=5, ge=0, le=100)
    """Of so many starts within ten minutes the last is in safe mode, which sends nothing; 0 = never."""
    allow_commands: bool = False
    """Whether checks of kind command may run programs of this host."""
    heartbeat_url: Annotated[Secret, AfterValidator(values.hook)] | None = None
    """A URL that is asked again and again while we would tell of trouble: a dead man's switch."""
    heartbeat_every: DurationMs = 60_000
    """How often."""
    drill_every: DurationMs | None = None
    """How often each channel is sent a notice marked as a test, to see whether it arrives; without the key, never."""
    drill_channels: list[Id] = Field(default=[])
    """Only these channels are drilled; without any, all that the file declares."""
    rate_per_key: int = Field(default=600, ge=0, le=1_000_000)
    """How often a minute one key may ask the API; 0 for as often as it likes."""
    rate_per_address: int = Field(default=0, ge=0, le=1_000_000)
    """How often a minute one address may ask anything; 0 for as often as it likes."""
    trusted_proxies: list[Annotated[str, BeforeValidator(values.network)]] = Field(default=[])
    """Addresses and networks of proxies whose X-Forwarded-For tells where a request comes from."""
    probe_targets: list[Annotated[str, BeforeValidator(values.places)]] = Field(default=[])
    """What may be probed on demand: hosts, "*.example.com", networks, or "*" for all; without any it is off."""
    max_series: int = Field(default=200_000, ge=1000, le=10_000_000)
    """How many series a scrape of the metrics has at most; how many were left out is one of them."""
    callbacks: Literal["public", "any", "off"] = "public"
    """Where subscriptions made through the API may send: to public addresses, to any, or nowhere."""
    log: Literal["text", "json"] = "text"
    """How log lines are written."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The mildest log line that is written."""

    @field_validator("metrics_cert_key", mode="after")
    @classmethod
    def _fits_certificate(cls, key: Path | None, info: ValidationInfo) -> Path | None:
        cert = info.data.get("metrics_cert")
        if (cert is not None or key is not None) and info.data.get("metrics") is None:
            raise mistake("metrics beside it, which is served by TLS", "none")
        if cert is None:
            if key is not None and "metrics_cert" in info.data:
                raise mistake("metrics_cert beside it", "none")
            return key
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=str)
        except (OSError, ValueError) as error:
            why = (
                "something else"
                if isinstance(error, ssl.SSLError)
                else (getattr(error, "strerror", None) or "another").lower()
            )
            raise mistake("readable PEM files with a certificate and its key without a password", why) from None
        return key


# What is done with them is done at the start only: a reload leaves them as they are, and says so.
RESTART_KEYS: Mapping[str, frozenset[str]] = {
    "prober": frozenset(
        {
            "state_dir",
            "public",
            "up",
            "metrics",
            "metrics_cert",
            "metrics_cert_key",
            "max_probes",
            "max_probes_per_host",
            "max_probes_per_kind",
            "ballast",
            "safe_mode_after",
            "log",
            "log_level",
            "heartbeat_url",
            "heartbeat_every",
        }
    ),
    "history": frozenset({"raw", "minutes", "hours", "notices"}),
    "backup": frozenset({"every", "keep", "directory"}),
}


class History(Options):
    """The [history] table: how long what happened is kept."""

    raw: KeptMs = 7 * DAY_MS
    """Each single answer."""
    minutes: KeptMs = 30 * DAY_MS
    """Sums of answers by the minute."""
    hours: KeptMs = 400 * DAY_MS
    """Sums by the hour; those by the day are kept for ever."""
    notices: KeptMs | None = None
    """Notices that were delivered or given up, with their deliveries; for ever without the key."""


class Backup(Options):
    """The [backup] table: copies of the database that are made by themselves."""

    every: DurationMs | None = None
    """How often one is made; without the key none is."""
    keep: int = Field(default=7, ge=1, le=1000)
    """How many are kept."""
    directory: Annotated[Path, PlainValidator(values.folder)] | None = None
    """Where they are, relative to this file; without the key, `backups` in `state_dir`."""


class Account(Options):
    """[accounts.<id>]: an owner of sites and keys. Without any there is one, `default`, without a key."""

    name: Name
    """What people read."""
    key: Key | None = None
    """The key that opens this account in the API; best are 40 hexadecimal digits in lower case."""
    public_only: bool = False
    """Whether its checks, and the callbacks that it makes, reach public addresses only."""
    allow: list[Annotated[str, BeforeValidator(values.network)]] = Field(default=[])
    """With `public_only`: networks that they may reach all the same."""


class Site(Options):
    """[sites.<id>]: one status page with its components. Without any there is one, `main`, named "Status"."""

    name: Name
    """What people read."""
    url: Annotated[str, PlainValidator(values.url)]
    """Where readers find the page."""
    account: Id
    """The account that owns it."""
    description: str = Field(default="", max_length=2000)
    """A sentence below the name."""
    zone: Zone = "UTC"
    """Whose days its uptime is counted in."""
    group_by: list[GroupBy] = Field(default=[])
    """Components that have one of these in common, and fail soon after each other, share one incident."""
    group_wait: DurationMs = 30_000
    """How soon after its opening an incident takes in others, and when what it has taken in is told."""
    language: Literal["en", "de", "fr", "es", "uk"] = "en"
    """What the page speaks to readers whose browser asks for none of its languages."""
    logo: Annotated[Path | None, PlainValidator(values.logo)] = None
    """A picture beside the name, relative to this file."""
    colour: Annotated[str | None, PlainValidator(values.colour)] = None
    """Of the bar at the top; its text is black or white, whichever can be read."""
    links: Mapping[Name, Annotated[str, PlainValidator(values.link)]] = Field(default={}, max_length=12)
    """Links at the top, by what people read."""
    frame_ancestors: list[Annotated[str, PlainValidator(values.origin)]] = Field(default=[])
    """Which other pages may show this one in a frame."""
    private: bool = False
    """Whether it is for those only who have a key of its account, or the password."""
    password: Key | None = None
    """What readers of a private page say, under any name."""


class Group(Options):
    """[groups.<id>]: components that are shown together."""

    name: Name
    """What people read."""
    site: Id
    """The site it stands on."""


class Component(Options):
    """[components.<id>]: a service with one status, as readers see it."""

    name: Name
    """What people read."""
    site: Id
    """The site it stands on."""
    group: Id | None = None
    """The group it is shown in."""
    description: str = Field(default="", max_length=2000)
    """A sentence below the name."""
    open_incident_at: Literal["degraded", "partial", "major", "never"] = "degraded"
    """The mildest status that opens an incident."""
    depends_on: list[Id] = Field(default=[])
    """While one of these components is down, no incident opens for this one."""
    resolve_after: DurationMs | None = None
    """How long trouble must be gone before its incident is resolved; until then it is monitored."""
    reopen_within: DurationMs | None = None
    """Trouble that returns so soon after the end goes on in the same incident."""
    detect_within: DurationMs | None = None
    """A promise: each of its checks finds an outage within this time at the latest, or the file is refused."""
    major_when: Annotated[int, BeforeValidator(values.share)] = Field(default="all", validate_default=True)
    """Which of its checks must be down for a major outage: "all", "any", or a share of their weight in per cent."""
    severity: Literal["low", "normal", "high"] = "normal"
    """How much its trouble matters, whatever it is: subscriptions choose by it."""


class Subscription(Options):
    """[subscriptions.<id>]: what is told to a channel. Empty lists mean all."""

    name: Name
    """What people read."""
    channel: Id
    """The channel that carries it."""
    topics: list[Literal["incidents", "maintenance", "components"]] = Field(
        default=["incidents", "maintenance"], min_length=1
    )
    """What is told: incidents, maintenance, and each change of a component's status."""
    sites: list[Id] = Field(default=[])
    """Only these sites."""
    groups: list[Id] = Field(default=[])
    """Only components of these groups (or of `components`)."""
    components: list[Id] = Field(default=[])
    """Only these components (or those of `groups`)."""
    min_impact: Literal["none", "minor", "major", "critical"] = "none"
    """Only incidents that hurt at least this much."""
    remind_after: DurationMs | None = None
    """When an open incident that nobody has acknowledged is told again: then, and after twice as long each time."""
    escalate_after: DurationMs | None = None
    """It hears of an incident only once nobody has acknowledged it for so long."""
    severity: list[Literal["low", "normal", "high"]] = Field(default=[])
    """Only components of these severities."""
    hours: HoursText | None = None
    """When it listens: hours of the week such as "Mo-Fr 08:00-18:00"; outside them it is told ends alone."""
    zone: Zone = "UTC"
    """Whose local time the hours mean."""

    def listening(self) -> Hours | None:
        """The hours in which it listens; None = all."""
        return None if self.hours is None else parsed(self.hours, self.zone)


class Window(Options):
    """[maintenance.<id>]: planned work, once or again and again. It opens no incidents, and the components show it."""

    name: Name
    """What people read."""
    site: Id
    """The site it is announced on."""
    components: list[Id] | None = Field(default=None, min_length=1)
    """The components that are worked on."""
    groups: list[Id] = Field(default=[])
    """The groups that are worked on, with all their components (or those of `components`)."""
    start: Annotated[datetime, BeforeValidator(values.start)]
    """When it starts: a date and time with its zone; with `rrule`, the first time, in the time of `zone`."""
    end: Moment | None = None
    """When it ends; with `rrule`, `duration` says so."""
    rrule: Annotated[str, BeforeValidator(values.rrule)] | None = None
    """When it comes again: an RRULE of RFC 5545, daily, weekly, monthly or yearly."""
    zone: Zone = "UTC"
    """Whose local time the rule means."""
    duration: DurationMs | None = None
    """How long each time lasts."""
    description: str = Field(default="", max_length=2000)
    """What is done, and what readers should expect."""
    auto_start: bool = True
    """Whether it starts at its time, or only when a person says so; if nobody has by its end, it is cancelled."""
    auto_end: bool | Literal["when_green"] = True
    """Whether it ends at its time, only when a person says so, or at its time once nothing of it fails."""
    extend_up_to: DurationMs | None = None
    """With auto_end = "when_green": how much longer it may last at most."""
    remind_before: DurationMs | None = None
    """How long before its start it is told once more."""

    @property
    def recurrence(self) -> Recurrence | None:
        """How it comes again; None if it does not."""
        if self.rrule is None or self.duration is None:
            return None
        return Recurrence(self.rrule, self.zone, self.start, self.duration)

    @property
    def start_ms(self) -> int:
        """Of the first time; milliseconds since the epoch, UTC."""
        start = self.start if self.start.tzinfo is not None else self.start.replace(tzinfo=ZoneInfo(self.zone))
        return (start - _EPOCH) // timedelta(milliseconds=1)

    @property
    def end_ms(self) -> int:
        """Of the first time; milliseconds since the epoch, UTC."""
        if self.end is None:
            return self.start_ms + (self.duration or 0)
        return (self.end - _EPOCH) // timedelta(milliseconds=1)


class Module(Options):
    """[modules.<id>]: how to probe on demand what `/probe?target=` names; with the keys of its kind but the target."""

    name: Name
    """What people read."""
    kind: str
    """How it probes: http, tcp, tls, dns, icmp, grpc or websocket."""
    timeout: DurationMs = 10_000
    """The one deadline of a probe; the scrape's own, less half a second, wins if it is shorter."""


class AlertRule(Options):
    """[alerts.<id>]: which alerts of Prometheus's Alertmanager are incidents of a component."""

    name: Name
    """What people read."""
    match: dict[str, str] = Field(min_length=1)
    """The labels that an alert must have; "*" is any value."""
    component: Id
    """The component that its incident is about."""
    impact: Literal["none", "minor", "major", "critical"] = "minor"
    """How much it hurts."""


# Tables of which there is one, without an id.
SINGLE = frozenset({"prober", "history", "backup"})

# The tables a file may have, and what stands in each; those of checks and channels have the keys of their kind besides.
TABLES: Mapping[str, type[Options]] = {
    "prober": Daemon,
    "history": History,
    "backup": Backup,
    "accounts": Account,
    "sites": Site,
    "groups": Group,
    "components": Component,
    "checks": CheckOptions,
    "channels": ChannelOptions,
    "subscriptions": Subscription,
    "maintenance": Window,
    "modules": Module,
    "alerts": AlertRule,
}
