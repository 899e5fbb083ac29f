"""What a hostile target can cost: memory within bounds, and a healthy target beside it is never found otherwise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.wire.hostile import BEHAVIOURS

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "hostile.py"
MOST_MIB = 5.0  # for one probe, with what the allocator keeps beside it; a body may be of one, decoded


@pytest.mark.timeout(300)
def test_no_behaviour_costs_much_or_harms_a_neighbour() -> None:
    ran = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=True)
    figures = json.loads(ran.stdout.splitlines()[-1])["figures"]
    assert figures["behaviours"] > len(BEHAVIOURS)
    assert figures["otherwise_than_told"] == []
    assert figures["neighbour_probes"] >= figures["behaviours"]
    assert figures["neighbour_harmed"] == 0
    assert figures["extra_mib_worst"] < MOST_MIB, ran.stdout
