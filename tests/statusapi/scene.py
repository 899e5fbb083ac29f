"""A status API on a real configuration, a real recorder and a real database, at a moment that a test chooses."""

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from prober.cli.check_config import load_config
from prober.clock import Clock
from prober.config import Config
from prober.core.events import Change, Woke
from prober.core.heartbeat import Signal
from prober.core.model import Observation
from prober.daemon.adhoc import AdHoc
from prober.daemon.alert_path import Drills
from prober.daemon.made import merged
from prober.daemon.meters import Meters
from prober.errors import ConfigError
from prober.record import Recorder
from prober.store import Store
from prober.store.keys import KeyRow
from statusapi import discovery
from statusapi.alerts import Alerts
from statusapi.api_keys import ApiKeys
from statusapi.app import create_public, create_up
from statusapi.auth import Auth
from statusapi.catalog import Catalog
from statusapi.chronicle import Chronicle
from statusapi.delivery import Delivery
from statusapi.dialects.native import Native
from statusapi.explain import Explain
from statusapi.latency import Latency
from statusapi.limits import Limits
from statusapi.management import Management
from statusapi.measures import Measures
from statusapi.metrics import Metrics
from statusapi.orders import Orders
from statusapi.past import Past
from statusapi.repeats import Repeats
from statusapi.subscribers import Readers
from statusapi.uptimes import Uptimes
from statusapi.views import Views
from tests.builders import T0
from tests.worlds import IDENTITY, answers

TOKEN = "0d0b3c9c-6f6e-4f0c-8f5b-8a52a1f2a6f1"  # of a job that reports
ADMIN, ACME = "admin-key-0123456789", "acme-key-0123456789"

CONFIG = f"""
[prober]
admin_key = "{ADMIN}"
[accounts.acme]
name = "Acme"
key = "{ACME}"
[accounts.other]
name = "Other"
[sites.main]
name = "Acme <Status>"
url = "https://status.example"
account = "acme"
description = "All of it"
[sites.second]
name = "Second"
url = "https://second.example:8443"
account = "other"
[groups.web]
name = "Web & more"
site = "main"
[components.shop]
name = "Shop"
site = "main"
group = "web"
description = "Where one buys"
[components.blog]
name = "Blog"
site = "main"
group = "web"
[components.mail]
name = "Mail"
site = "main"
[components.lone]
name = "Lone"
site = "second"
[checks]
shop = {{ kind = "tcp", host = "127.0.0.1", port = 9, failures = 2, successes = 2 }}
blog = {{ kind = "tcp", host = "127.0.0.1", port = 9, failures = 2, successes = 2 }}
mail = {{ kind = "tcp", host = "127.0.0.1", port = 9, failures = 2, successes = 2 }}
lone = {{ kind = "tcp", host = "127.0.0.1", port = 9, failures = 2, successes = 2 }}
"""

MINUTE = 60_000
# T0 is 2023-11-14T22:13:20Z.
MAINTENANCE = """
[maintenance.upgrade]
name = "Upgrade"
site = "main"
components = ["mail"]
start = 2023-11-14T22:43:20Z
end = 2023-11-14T23:43:20Z
description = "Mail is late"
"""


class Scene:
    """What a reader meets, and the means to make things happen."""

    def __init__(
        self,
        config: Config,
        declared: Config,
        recorder: Recorder,
        store: Store,
        changes: Sequence[Change],
        rows: Sequence[KeyRow],
    ) -> None:
        self.declared = declared
        self.now_ms = T0
        self.trouble: str | None = None
        self.mistakes: list[str] = []
        self.looked: list[str] = []
        self.reports: list[tuple[str, Signal, int | None]] = []
        self.config, self.recorder, self.store = config, recorder, store
        self.clock = Clock(wall_ns=self._now_ns, monotonic_ns=self._now_ns)
        self.views = Views(config, recorder, [], changes, self.clock)
        self.limits = limits = Limits(self.clock, config)
        auth = Auth(config, self.clock, limits, store.keys, rows)
        self.metrics = Metrics(config, recorder, self.clock, Meters(config.checks, config.channels), self.ask, auth)
        orders = Orders(config, recorder, self.clock, self.views)
        keys = ApiKeys(config, auth, store.keys, self.clock)
        alerts = Alerts(config, recorder, self.clock, auth, orders)
        explain = Explain(config, recorder, store, self.clock)
        catalog = Catalog(config, store.made, self.clock, self.remake)
        past = Past(config, recorder, store, self.clock)
        uptimes, latency = Uptimes(config, store, self.clock), Latency(config, store, self.clock)
        drills = Drills(lambda: config, store, self.clock)
        delivery = Delivery(config, recorder, store, self.clock, drills.begin)
        repeats = Repeats(store.replies, self.clock)
        readers = Readers(config, store.subscribers, limits, self.clock)
        native = Native(
            self.views,
            orders,
            explain,
            uptimes,
            latency,
            delivery,
            auth,
            keys,
            past,
            repeats,
            readers,
            self.looked.append,
        )
        found = discovery.routes(config, auth)
        manage = Management(config, auth, lambda: self.trouble, self.reread)
        chronicle = Chronicle(config, store, self.clock)
        self.measures = Measures(config, store, self.clock, self.views)
        public = create_public(native, self.metrics, catalog, chronicle, limits, found, manage, alerts, self._take)
        self.followers: list[Callable[[Config], None]] = [
            part.follow
            for part in (
                self.views,
                self.metrics,
                auth,
                orders,
                explain,
                uptimes,
                latency,
                delivery,
                keys,
                catalog,
                past,
                chronicle,
                manage,
                alerts,
                self.measures,
                readers,
            )
        ]
        self.application = public
        self.public = _client(public, "https://status.example")
        self.up_application = create_up(native, catalog, limits)
        self.up = _client(self.up_application, "http://up")

    async def remake(self) -> None:
        """Let what was made hold, as the daemon does."""
        self.config = await merged(self.declared, self.store)
        for follow in self.followers:
            follow(self.config)
        await self.recorder.reconfigure(self.config.policy(), self.now_ms)

    async def reread(self) -> str:
        """What a reload does, with the mistakes that a test puts in."""
        if self.mistakes:
            raise ConfigError(self.mistakes)
        return "nothing"

    async def ask(
        self, module: str, target: str, within_ms: int | None, hostname: str | None
    ) -> tuple[str, Observation]:
        """What probing on demand does."""
        return await AdHoc(self.config, self.clock).probe(module, target, within_ms, hostname)

    async def _take(self, token: str, signal: Signal, code: int | None = None) -> bool:
        self.reports.append((token, signal, code))
        return token == TOKEN

    def _now_ns(self) -> int:
        return self.now_ms * 1_000_000

    async def see(self, outcomes: str, check: str = "shop") -> None:
        """These answers of a check, a second apart from now on; on the disk when this returns."""
        await self.take(answers(outcomes, self.now_ms, check))

    async def take(self, observations: list[Observation]) -> None:
        self.recorder.observe(observations)
        await self.recorder.flush()
        self.now_ms = max(self.now_ms, observations[-1].started_ms)

    async def wait(self, ms: int) -> None:
        """Let time pass, as the daemon does: with a wake at the end."""
        self.now_ms += ms
        self.recorder.wake(Woke(self.now_ms))
        await self.recorder.flush()

    async def json(self, path: str, **headers: str) -> Any:
        answer = await self.public.get(path, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()


def _client(application: Any, base_url: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=base_url)


@asynccontextmanager
async def scene(folder: Path, more: str = "", text: str = CONFIG) -> AsyncIterator[Scene]:
    """The usual configuration, and more."""
    path = folder / "config.toml"
    path.write_text(text + more)
    config = load_config(path, {})
    async with Store.open(folder, IDENTITY) as store:
        declared, config = config, await merged(config, store)
        recorder = Recorder(store, await store.load(), config.policy())
        await recorder.reconfigure(config.policy(), T0)
        made = Scene(config, declared, recorder, store, await store.component_changes(0), await store.keys.all())
        async with made.public, made.up:
            yield made


def is_golden(path: Path, text: str) -> bool:
    """Whether the file says the same; RENEW_GOLDEN=1 writes it anew, to be reviewed as a diff."""
    if os.environ.get("RENEW_GOLDEN") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return path.read_text() == text
