"""A made-up site in the middle of an outage, with 90 days behind it, for pictures. Prints its address and serves it."""

import random
import sys
import tempfile
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from prober.demo.serve import address, listener, serving
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


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with scene(Path(folder), text=CONFIG) as it:
            await live(it)
            socket = listener(0)
            async with serving(it.application, socket):
                print(f"http://{address(socket)}/", flush=True)
                await anyio.sleep_forever()


anyio.run(main)
