"""A made-up site in the middle of an outage, with 90 days behind it, for pictures. Prints its address and serves it."""

import random
import sys
import tempfile
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from prober.core.made import Made
from prober.demo.serve import address, listener, serving
from prober.store.made import Point
from tests.builders import observation
from tests.statusapi.scene import ADMIN, MINUTE, Scene, scene

DAY = 24 * 60 * MINUTE
DAYS = 92
COMPONENTS = {
    "shop": ("Shop", "apps"),
    "checkout": ("Checkout and payments", "apps"),
    "search": ("Search", "apps"),
    "app": ("Mobile app", "apps"),
    "api": ("Public API", "infra"),
    "database": ("Database", "infra"),
    "cdn": ("Content delivery", "infra"),
    "mail": ("Mail delivery", "infra"),
}
METRICS = (
    ("orders", "Orders an hour", "", 1480.0, 0.4),
    ("queue", "Mail waiting", "", 36.0, 0.6),
    ("paid", "Payments that went through", "%", 99.8, 0.02),
)
CONFIG = f"""
[prober]
admin_key = "{ADMIN}"
[sites.main]
name = "Acme Status"
url = "https://status.example"
links = {{Website = "https://acme.example", Support = "mailto:help@acme.example"}}
[groups.apps]
name = "Applications"
[groups.infra]
name = "Infrastructure"
[maintenance.disks]
name = "New disks for the mail servers"
components = ["mail"]
start = 2023-12-01T01:00:00Z
end = 2023-12-01T03:00:00Z
[maintenance.upgrade]
name = "Database upgrade"
components = ["database"]
start = 2024-02-18T22:00:00Z
end = 2024-02-18T23:30:00Z
description = "Writes are **queued** for up to a minute."
""" + "".join(
    f'[components.{id_}]\nname = "{name}"\ngroup = "{group}"\n'
    f'[checks.{id_}]\nkind = "tcp"\nhost = "127.0.0.1"\nport = 9\nfailures = 2\nsuccesses = 2\n'
    for id_, (name, group) in COMPONENTS.items()
)


async def live(it: Scene) -> None:
    """Three months of it, and then this evening."""
    dice = random.Random(11)
    for id_ in COMPONENTS:
        await it.see("up up", id_)
    for _ in range(DAYS):
        await it.wait(DAY - it.now_ms % DAY + 9 * 60 * MINUTE)
        for id_ in COMPONENTS:
            if dice.random() < 0.02:
                await it.see("down down", id_)
                await it.wait(dice.randint(3, 90) * MINUTE)
                await it.see("up up", id_)
    await it.wait(DAY - it.now_ms % DAY - 115 * MINUTE)
    await measured(it, dice)
    await it.see("down down", "checkout")
    await it.wait(6 * MINUTE)
    answer = await it.public.post(
        f"/api/prober/v1/incidents/{it.views.pages['main'].incidents[0].num}/updates",
        headers={"Authorization": f"Bearer {ADMIN}"},
        json={
            "status": "identified",
            "body": "The certificate of our payment provider has expired. They are **renewing it now**.\n\n"
            "- Cards are refused\n- Invoices and gift cards work",
        },
    )
    answer.raise_for_status()
    await it.wait(MINUTE)
    await fed(it, dice)


async def measured(it: Scene, dice: random.Random) -> None:
    """How long the answers of the last day took, and what others measure."""
    began = it.now_ms - DAY
    for n, id_ in enumerate(COMPONENTS):
        typical, busy = (95, 140, 60, 110, 45, 12, 24, 180)[n], dice.randint(8, 18)
        await it.take(
            [
                observation(
                    "up",
                    began + at * 10 * MINUTE,
                    check=id_,
                    took_us=int(1000 * typical * dice.lognormvariate(0.4 * (abs(at / 6 - busy) < 3), 0.25)),
                )
                for at in range(6 * 24)
            ]
        )
    await it.store.rollups.roll(10_000)
    await it.wait(0)


async def fed(it: Scene, dice: random.Random) -> None:
    """Metrics that others put."""
    for n, (id_, name, suffix, typical, spread) in enumerate(METRICS):
        metric = Made("metrics", id_, {"site": "main", "name": name, "suffix": suffix, "active": True, "order": n})
        await it.store.made.change([metric], [], it.now_ms)
        points = [
            (it.now_ms - at * 30 * MINUTE, round(typical - typical * spread * dice.random(), 1)) for at in range(48)
        ]
        await it.store.made.add_points(id_, [Point(*point) for point in points])
    await it.remake()
    await it.measures.refresh()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with scene(Path(folder), text=CONFIG) as it:
            await live(it)
            socket = listener(0)
            async with serving(it.application, socket):
                print(f"http://{address(socket)}/", flush=True)
                await anyio.sleep_forever()


anyio.run(main)
