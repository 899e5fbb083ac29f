"""The `instatus` format is the captured one; its signature holds over raw bytes and what JavaScript writes again."""

import hashlib
import hmac
import json
import subprocess
from typing import Any

import pytest

from prober.notifiers.instatus_format import payload
from prober.notifiers.webhook import INSTATUS_HEADER, KIND, WebhookOptions
from tests.notifiers.parcels import PARCELS
from tests.notifiers.receivers import answering, status
from tests.services import needs_service

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NODE = """
const crypto = require("crypto");
let body = "";
process.stdin.on("data", (piece) => { body += piece; }).on("end", () => {
  const again = JSON.stringify(JSON.parse(body));
  process.stdout.write(crypto.createHmac("sha256", process.argv[1]).update(again).digest("hex"));
});
"""


def test_an_incident_is_told_in_title_case_and_without_impact() -> None:
    told: Any = json.loads(payload(PARCELS["incident_opened"]))
    incident = told["incident"]
    assert incident["status"] == "Investigating"
    assert "impact" not in incident
    assert incident["affected_components"][0]["status"] == "Major outage"
    assert incident["incident_updates"][0].keys() == {
        "id",
        "incident_id",
        "markdown",
        "status",
        "created_at",
        "updated_at",
    }
    assert told["page"]["status_description"] == ""


def test_updates_of_planned_work_have_no_status() -> None:
    told: Any = json.loads(payload(PARCELS["maintenance_started"]))
    assert all("status" not in update for update in told["maintenance"]["maintenance_updates"])
    assert "duration" not in told["maintenance"]


@pytest.mark.anyio
async def test_the_signature_is_over_the_raw_bytes() -> None:
    async with answering(status("200 OK")) as receiver:
        keys = {"kind": "webhook", "url": receiver.url, "format": "instatus", "secret": SECRET}
        await KIND.build(WebhookOptions.model_validate(keys)).send(PARCELS["incident_opened"])
        ((headers, body),) = receiver.requests
        assert headers[INSTATUS_HEADER] == hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("about", PARCELS)
def test_the_signature_is_over_what_javascript_writes_again(about: str) -> None:
    node = needs_service("node")
    body = payload(PARCELS[about])
    ran = subprocess.run([node, "-e", NODE, SECRET], input=body, capture_output=True, check=True)
    assert ran.stdout.decode() == hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
