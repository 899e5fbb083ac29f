import subprocess
import sys

CODE = """
import sys
from prober.wire.httpx_lean import httpx
assert httpx.AsyncHTTPTransport
print([name for name in ("rich", "click") if name in sys.modules])
"""


def test_httpx_is_loaded_without_its_command_line() -> None:
    run = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
