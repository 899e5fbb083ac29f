"""`prober export` and `prober import`, by file and by pipe."""

import json
from pathlib import Path

import anyio
from typer.testing import CliRunner, Result

from prober.cli.main import app
from prober.errors import StoreError
from tests.worlds import answers, recording


def run(*arguments: str | Path, given: str | None = None) -> Result:
    return CliRunner().invoke(app, list(map(str, arguments)), input=given)


def lived(directory: Path) -> None:
    async def live() -> None:
        async with recording(directory) as (recorder, _):
            recorder.observe(answers("down down"))
            await recorder.flush()

    anyio.run(live)


def test_a_state_goes_through_a_file_and_through_a_pipe(tmp_path: Path) -> None:
    lived(tmp_path / "one")
    exported = run("export", "--state-dir", tmp_path / "one")
    assert json.loads(exported.stdout.splitlines()[-1]) == {"rows": len(exported.stdout.splitlines()) - 2}
    result = run("import", "-", "--state-dir", tmp_path / "two", given=exported.stdout)
    assert result.stdout.endswith(f" bytes to {tmp_path / 'two' / 'prober.db'}.\n")
    file = tmp_path / "state.jsonl"
    assert run("export", file, "--state-dir", tmp_path / "two").stdout == f"Exported to {file}.\n"
    assert (file.read_text(), file.stat().st_mode & 0o777) == (exported.stdout, 0o600)
    result = run("import", file, "--state-dir", tmp_path / "two", "--force")
    assert f"What was there is kept as {tmp_path / 'two' / 'prober.db.old-1'}." in result.stdout
    assert run("export", "--state-dir", tmp_path / "two").stdout == exported.stdout


def test_what_can_not_be_read_or_written_is_one_sentence(tmp_path: Path) -> None:
    lived(tmp_path / "one")
    (tmp_path / "bytes").write_bytes(b"\xff")
    for arguments, said in (
        (("import", tmp_path / "missing"), "missing: expected an export in UTF-8, found: No such file or directory"),
        (("import", tmp_path / "bytes"), "bytes: expected an export in UTF-8, found: something else"),
        (("export", tmp_path / "bytes"), "bytes: expected no file there, found one; --force replaces it"),
    ):
        result = run(*arguments, "--state-dir", tmp_path / ("two" if arguments[0] == "import" else "one"))
        assert isinstance(result.exception, StoreError)
        assert said in str(result.exception)
    assert not (tmp_path / "two" / "prober.db").exists()
