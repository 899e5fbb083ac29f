"""`prober schema` prints what stands in the docs."""

from pathlib import Path

from typer.testing import CliRunner

from prober.cli.main import app

SCHEMA = Path(__file__).parents[2] / "docs" / "config.schema.json"


def test_the_schema_in_the_docs_is_the_one_of_the_models() -> None:
    printed = CliRunner().invoke(app, ["schema"]).stdout
    assert printed == SCHEMA.read_text(), "write it anew: prober schema > docs/config.schema.json"
