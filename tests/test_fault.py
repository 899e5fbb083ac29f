"""Fault points kill where they are told to, and are off for everybody else."""

import subprocess
import sys

import pytest

from prober import fault
from prober.errors import ConfigError

KILLED_AT = """
from prober import fault
fault.arm({"PROBER_FAULT": "send.before:2"})
fault.reach("send.before"), fault.reach("send.after"), print("once", flush=True)
fault.reach("send.before"), print("twice", flush=True)
"""


def test_the_process_is_killed_the_second_time_it_comes_there() -> None:
    found = subprocess.run([sys.executable, "-c", KILLED_AT], capture_output=True, text=True, check=False)
    assert (found.stdout, found.returncode) == ("once\n", -9)


def test_without_the_variable_nothing_is_armed() -> None:
    assert fault.arm({}) is None
    for point in fault.POINTS:
        fault.reach(point)


@pytest.mark.parametrize("wanted", ["", "send.before", "send.before:0", "send.before:-1", "send.never:1"])
def test_what_is_no_fault_point_is_refused(wanted: str) -> None:
    with pytest.raises(ConfigError, match=r"PROBER_FAULT: expected one of judged.before"):
        fault.arm({"PROBER_FAULT": wanted})
