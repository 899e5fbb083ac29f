"""What docs/incidents.md says to type is typed, line by line, at a daemon whose target fails."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from prober.cli.main import app
from tests.acceptance.scene import daemon, eventually, served

PAGE = (Path(__file__).parents[2] / "docs" / "incidents.md").read_text()


def test_what_it_says_to_type_does_what_it_says(tmp_path: Path) -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    assert len(lines) > 10
    with served() as target:
        target.status = 500
        with daemon(tmp_path, target.server_address[1], 9) as one:
            eventually(lambda: one.summary()["incidents"], "the outage")
            server = {"PROBER_SERVER": str(tmp_path / "state" / "control.sock")}
            for line in lines:
                if line[1:3] == ["maintenance", "schedule"]:  # what still fails at the end of it would open anew
                    target.status = 200
                    eventually(lambda: one.component() == "operational", "the target to be well")
                done = CliRunner().invoke(app, line[1:], env=server)
                assert (done.exit_code, done.stderr) == (0, ""), (line, done.output)
            shown = CliRunner().invoke(app, ["incidents", "list", "--all"], env=server).stdout.splitlines()
            assert [line.split()[:2] for line in shown] == [[str(n), "resolved"] for n in (3, 2, 1)]
