"""The configuration that holds: what the file declares, and what was made."""

from pathlib import Path

import pytest

from prober import notifiers
from prober.cli.check_config import load_config
from prober.core.made import Made
from prober.daemon.made import merged
from prober.notifiers.webhook import WebhookOptions
from tests.builders import T0
from tests.worlds import recording

pytestmark = pytest.mark.anyio

HOOK = {"name": "Ops", "account": "default", "endpoint": "https://hooks.example/x"}


@pytest.mark.parametrize(("callbacks", "is_bound"), [("public", True), ("any", False)])
async def test_a_callback_is_bound_to_public_addresses_unless_the_operator_says_otherwise(
    tmp_path: Path, callbacks: str, is_bound: bool
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[prober]\ncallbacks = "{callbacks}"\n[components.shop]\n')
    async with recording(tmp_path) as (_, store):
        await store.made.change([Made("subscriptions", "ops", HOOK)], [], T0)
        config = await merged(load_config(path, {}), store)
        options = config.channels["api:ops"]
        assert isinstance(options, WebhookOptions)
        assert options.public_only is is_bound
        assert notifiers.kind(options.kind).build(options) is not None


async def test_a_callback_of_a_held_account_is_bound_whatever_holds_for_others(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    held = '[accounts.default]\npublic_only = true\nallow = ["10.1.0.0/16"]\n[components.shop]\n'
    path.write_text(f'[prober]\ncallbacks = "any"\n{held}')
    async with recording(tmp_path) as (_, store):
        await store.made.change([Made("subscriptions", "ops", HOOK)], [], T0)
        options = (await merged(load_config(path, {}), store)).channels["api:ops"]
        assert isinstance(options, WebhookOptions)
        assert (options.public_only, options.allow) == (True, ["10.1.0.0/16"])


async def test_what_does_not_fit_is_named_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[components.shop]\n")
    async with recording(tmp_path) as (_, store):
        await store.made.change([Made("subscriptions", "ops", HOOK | {"endpoint": "nothing"})], [], T0)
        assert "api:ops" not in (await merged(load_config(path, {}), store)).channels
    assert "subscriptions.ops, made through the API, is left out: its fields are of another version" in caplog.text
