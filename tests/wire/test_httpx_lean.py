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


def test_no_request_searches_the_disk_for_what_is_not_there() -> None:
    code = "from prober.wire.httpx_lean import httpx; import sys; assert sys.modules['sniffio'] is None"
    subprocess.run([sys.executable, "-c", code], check=True)
