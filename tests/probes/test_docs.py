"""What a probe can say is documented."""

import re
from pathlib import Path

import pytest

from prober.core.model import Outcome, Phase
from prober.core.reason import Reason
from prober.probes import KINDS
from tests.probes.scene import probed
from tests.wire.hostile import answers, serving

PAGE = (Path(__file__).parents[2] / "docs" / "probes.md").read_text()


def test_every_kind_has_its_section() -> None:
    assert re.findall(r"^## Kind `(\w+)`$", PAGE, re.MULTILINE) == list(KINDS)


def test_every_reason_has_its_row_with_its_owner() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (target|self|config) \|", PAGE, re.MULTILINE)
    assert rows == [(reason.value, reason.owner.value) for reason in Reason]


def test_every_outcome_and_phase_has_its_row() -> None:
    assert [word for word in (*Outcome, *Phase) if f"\n| `{word}` |" not in PAGE] == []


@pytest.mark.anyio
async def test_every_fact_is_named() -> None:
    async with serving(answers(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        seen = await probed("http", url=f"http://127.0.0.1:{port}/")
    assert [
        name for name in (*seen.facts, "tls_version", "tls_cipher", "cert_expiry_s") if f"`{name}`" not in PAGE
    ] == []
