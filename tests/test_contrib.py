"""What is ready-made for Prometheus works with Prometheus, and names only series that there are."""

import json
import re
import shutil
import subprocess
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from tests.acceptance.scene import daemon, eventually, served
from tests.ports import free_port
from tests.services import needs_service
from tests.statusapi.scene import scene

FOLDER = Path(__file__).parent.parent / "contrib" / "prometheus"


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    needs_service("prometheus")
    program = shutil.which("promtool")
    assert program, "promtool comes with prometheus"
    return subprocess.run([program, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)


def test_rules_do_what_they_say() -> None:
    checked = promtool("test", "rules", "tests.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    checked = promtool("check", "config", "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.anyio
async def test_rules_name_only_series_that_there_are(tmp_path: Path) -> None:
    async with scene(tmp_path) as it:
        text = (await it.public.get("/metrics")).text
    known = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    for file in ("alerts.yml", "recording.yml", "grafana.json", "sloth.yml", "pyrra.yml"):
        named = set(re.findall(r"\b(?:uptime|probe)_[a-z_]+\b", (FOLDER / file).read_text()))
        named = {name.removesuffix("_bucket") for name in named if f":{name}:" not in (FOLDER / file).read_text()}
        assert named - known == set(), file


TEXTS: dict[str, Any] = {"*": str}
# What Sloth asks for (spec prometheus/v1), and Pyrra (pyrra.dev/v1alpha1): a "?" marks what may be missing.
ALERT = {"labels?": TEXTS, "annotations?": TEXTS, "disable?": bool}
SLOTH = {
    "version": "prometheus/v1",
    "service": str,
    "labels?": TEXTS,
    "slos": [
        {
            "name": str,
            "objective": float,
            "description?": str,
            "labels?": TEXTS,
            "sli": {"events?": {"error_query": str, "total_query": str}, "raw?": {"error_ratio_query": str}},
            "alerting": {
                "name": str,
                "labels?": TEXTS,
                "annotations?": TEXTS,
                "page_alert?": ALERT,
                "ticket_alert?": ALERT,
            },
        }
    ],
}
QUERY = {"metric": str}
PYRRA = {
    "apiVersion": "pyrra.dev/v1alpha1",
    "kind": "ServiceLevelObjective",
    "metadata": {"name": str, "namespace?": str, "labels?": TEXTS},
    "spec": {
        "target": str,
        "window": str,
        "description?": str,
        "indicator": {
            "ratio?": {"errors": QUERY, "total": QUERY, "grouping?": [str]},
            "bool_gauge?": {"metric": str, "grouping?": [str]},
        },
    },
}


def misfits(found: Any, shape: Any, path: str = "") -> list[str]:
    """Where something is not of the shape."""
    if isinstance(shape, str):
        return [] if found == shape else [f"{path}: {found}"]
    if isinstance(shape, type):
        return [] if isinstance(found, shape) else [f"{path}: {found}"]
    if isinstance(shape, list):
        items = list(enumerate(found)) if isinstance(found, list) else []
        return [one for at, item in items for one in misfits(item, shape[0], f"{path}[{at}]")] if items else [path]
    if not isinstance(found, dict):
        return [path]
    known = {key.removesuffix("?"): inner for key, inner in shape.items()}
    missing = [f"{path}.{key}: missing" for key in shape if key[-1] not in "?*" and key not in found]
    inner = ((key, value, known.get(key, known.get("*"))) for key, value in found.items())
    return missing + [
        one
        for key, value, shape_ in inner
        for one in ([f"{path}.{key}: unknown"] if shape_ is None else misfits(value, shape_, f"{path}.{key}"))
    ]


def test_objectives_are_as_their_tools_ask_for(tmp_path: Path) -> None:
    sloth = yaml.safe_load((FOLDER / "sloth.yml").read_text())
    pyrra = list(yaml.safe_load_all((FOLDER / "pyrra.yml").read_text()))
    assert misfits(sloth, SLOTH) == []
    assert [misfits(one, PYRRA) for one in pyrra] == [[], []]
    assert [len(one["sli"]) for one in sloth["slos"]] == [1, 1]
    assert [len(one["spec"]["indicator"]) for one in pyrra] == [1, 1]
    assert [0 < one["objective"] < 100 for one in sloth["slos"]] == [True, True]
    assert [0 < float(one["spec"]["target"]) < 100 for one in pyrra] == [True, True]
    asked = [query for one in sloth["slos"] for sli in one["sli"].values() for query in sli.values()]
    assert all("[{{.window}}]" in query for query in asked)
    rules = [{"record": f"slo:{at}", "expr": query.replace("{{.window}}", "5m")} for at, query in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "slo", "rules": rules}]}))
    checked = promtool("check", "rules", str(tmp_path / "rules.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_is_not_of_a_shape_is_seen() -> None:
    assert misfits({"service": 1, "slo": []}, {"service": str, "slos": [{"name": str}]}) == [
        ".slos: missing",
        ".service: 1",
        ".slo: unknown",
    ]


# Nothing is wrong with what is probed in the test, nothing of it has a certificate, and it sends to one channel.
SILENT = ('status!="operational"', "cert_expiry")


def queries() -> list[str]:
    """Those of the dashboard, as Grafana fills them in, that must find something wherever prober runs."""
    dashboard = json.loads((FOLDER / "grafana.json").read_text())
    names = {name for variable in dashboard["templating"]["list"] for name in (variable["name"],)}
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    filled = [re.sub(r"\$(\w+)", lambda name: VALUES[name[1]], query) for query in found]
    assert names | VALUES.keys() == VALUES.keys() | {"datasource"}
    return [query for query in filled if not any(word in query for word in SILENT)]


VALUES = {"site": ".*", "component": ".*", "__range": "1m", "__rate_interval": "1m"}


def asked(port: int, query: str) -> list[Any]:
    """The samples that Prometheus answers with."""
    url = f"http://127.0.0.1:{port}/api/v1/query?query={query}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            found: list[Any] = json.load(answer)["data"]["result"]
            return found
    except OSError:
        return []


@pytest.mark.timeout(120)
def test_a_real_prometheus_finds_every_check_by_itself(tmp_path: Path) -> None:
    program, port = needs_service("prometheus"), free_port()
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as prober:
        (tmp_path / "prometheus.yml").write_text(
            (FOLDER / "prometheus.yml")
            .read_text()
            .replace("127.0.0.1:8080", f"127.0.0.1:{prober.public}")
            .replace("rule_files: [alerts.yml, recording.yml]", "global: { scrape_interval: 1s }")
        )
        command = [
            str(program),
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
        ]
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            found = eventually(lambda: asked(port, "probe_success{job=%22blackbox%22}"), "the check in Prometheus")
            labels = found[0]["metric"]
            assert (labels["instance"], labels["component"], labels["site"]) == ("shop", "shop", "main")
            assert found[0]["value"][1] == "1"
            assert eventually(lambda: asked(port, "uptime_build_info{job=%22prober%22}"), "prober's own figures")
            for query in queries():
                assert eventually(lambda query=query: asked(port, quote(query)), query)  # type: ignore[misc]
        finally:
            process.terminate()
            process.wait(timeout=20)
