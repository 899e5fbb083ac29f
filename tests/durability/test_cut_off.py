"""A daemon whose own network, names, descriptors or processor are taken away blames no target for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from prober.core.reason import Owner, Reason
from tests.durability.town import ROOT
from tests.services import go_no_further, needs_service


@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param(2, marks=pytest.mark.timeout(300)),
        pytest.param(100, marks=[pytest.mark.slow, pytest.mark.timeout(3_600)]),
    ],
)
def test_no_target_is_blamed_for_what_is_ours(rounds: int, tmp_path: Path) -> None:
    needs_service("ip")
    unshare = str(needs_service("unshare"))
    if subprocess.run([unshare, "--net", "--mount", "true"], check=False, capture_output=True).returncode:
        go_no_further("no network of its own can be made here")
    command = [
        unshare,
        "--net",
        "--mount",
        sys.executable,
        "-m",
        "tests.durability.cut_off",
        str(tmp_path),
        str(rounds),
    ]
    ran = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    print(ran.stderr)  # noqa: T201
    reasons = {Reason(reason) for _, _, reason, _ in told["seen"] if reason is not None}
    assert [reason for reason in reasons if reason.owner is Owner.TARGET] == [], told["seen"]
    assert reasons >= {Reason.SELF_UPLINK, Reason.SELF_DNS, Reason.SELF_DESCRIPTORS}, "it was hurt indeed"
    assert told["found"], "the target's own failure is found"
