"""Rules of the house that no linter knows."""

import ast
import re
import stat
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
ROOMS = ("prober", "statusapi")
VERBS = ("run", "test", ".ci/run")

# Modules without a test file of their name, and the file whose tests would fail if they were broken.
TESTED_BY = {
    "prober/cli/client.py": "tests/cli/test_incidents.py",
    "prober/cli/demo.py": "tests/acceptance/test_demo.py",
    "prober/cli/run.py": "tests/acceptance/test_daemon.py",
    "prober/config/values.py": "tests/config/test_load.py",
    "prober/core/draft.py": "tests/core/test_stories.py",
    "prober/core/following.py": "tests/core/test_stories.py",
    "prober/core/ledger.py": "tests/core/test_stories.py",
    "prober/core/orders.py": "tests/core/test_stories.py",
    "prober/core/policy.py": "tests/core/test_stories.py",
    "prober/notifiers/__init__.py": "tests/notifiers/test_kinds.py",
    "statusapi/page/__init__.py": "tests/statusapi/page/test_html.py",
    "statusapi/nouns.py": "tests/statusapi/test_views.py",
    "statusapi/catalog.py": "tests/statusapi/dialects/test_up_writing.py",
    "statusapi/dialects/native_answers.py": "tests/statusapi/dialects/test_native_openapi.py",
    "statusapi/dialects/native_objects.py": "tests/statusapi/dialects/test_native.py",
    "statusapi/dialects/up_fields.py": "tests/statusapi/dialects/test_up_writing.py",
    "statusapi/dialects/up_metrics.py": "tests/statusapi/dialects/test_up_writing.py",
    "statusapi/dialects/up_objects.py": "tests/statusapi/dialects/test_up.py",
    "statusapi/dialects/statusdashboard_fields.py": "tests/statusapi/dialects/test_statusdashboard_writing.py",
    "prober/daemon/run.py": "tests/acceptance/test_daemon.py",
    "prober/daemon/world.py": "tests/daemon/test_reload.py",
}
LONG_ENOUGH = 15  # lines of code; a shorter module is tested by whoever uses it
LONGEST_MEDIAN = 10  # lines of a function

# The ends of the names of what is called.
SLEEPS = {"sleep", "sleep_until", "sleep_forever"}
LOOSE_TASKS = {"create_task", "ensure_future"}
MOMENTS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}

# In pieces, so that this file names none of them.
INDEX_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("deb", "debian", "org"),
    )
]


def modules() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def lines_of_code(path: Path) -> int:
    """Lines that are not blank, comment or docstring: those on which a statement starts."""
    docs = (ast.Expr,)
    return len(
        {node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.stmt) and not isinstance(node, docs)}
    )


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """What is called by a dotted name, and where."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def where_called(banned: set[str], allowed: tuple[str, ...]) -> list[str]:
    names = [str(path.relative_to(ROOT)) for path in modules()]
    return [
        f"{name}:{line}: {call}"
        for name in names
        if not name.startswith(allowed)
        for call, line in calls(ROOT / name)
        if any(call == end or call.endswith(f".{end}") for end in banned)
    ]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Every text file of the repository, by its path: what is committed, and what could be."""
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    found = {}
    for name in filter(None, names):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content:
            found[name] = content.decode("utf-8")
    return found


def dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    return {re.split(r"[^A-Za-z0-9._-]", one)[0].replace(".", "-") for one in asked}


def scripts() -> list[Path]:
    return [*(ROOT / verb for verb in VERBS), *sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())]


def test_every_module_has_a_test_file_of_its_name() -> None:
    missing = []
    for path in modules():
        name = str(path.relative_to(ROOT))
        inside = path.relative_to(ROOT / "prober") if name.startswith("prober") else path.relative_to(ROOT)
        mirror = ROOT / "tests" / inside.with_name(f"test_{path.name}")
        if name not in TESTED_BY and not mirror.exists() and lines_of_code(path) > LONG_ENOUGH:
            missing.append(f"{name}: expected {mirror.relative_to(ROOT)}")
    assert not missing, "\n".join(missing)


def test_exceptions_to_that_rule_hold() -> None:
    assert [path for pair in TESTED_BY.items() for path in pair if not (ROOT / path).exists()] == []


def test_functions_are_short() -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    lengths = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, functions)
    ]
    assert statistics.median(lengths) < LONGEST_MEDIAN


def test_only_the_daemon_and_the_demo_sleep() -> None:
    assert where_called(SLEEPS, ("prober/daemon/", "prober/demo/")) == []


def test_only_the_clock_tells_the_time() -> None:
    assert where_called(MOMENTS, ("prober/clock.py",)) == []


def test_no_task_is_without_a_parent() -> None:
    # The scheduler's shell starts every probe in an asyncio.TaskGroup, which is a parent, and cheaper than anyio's.
    found = where_called(LOOSE_TASKS, ())
    assert [call.split(":")[0::2] for call in found] == [["prober/daemon/loop.py", " self._tasks.create_task"]]


def test_the_lock_has_hashed_pins_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    assert "--index-url" not in lock
    entries = [entry for entry in re.split(r"\n(?=\S)", lock) if not entry.startswith("#")]
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+.* \\\n +--hash=sha256:[0-9a-f]{64}", entry)] == []


def test_the_lock_has_every_dependency() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert [name for name in dependencies() if not re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE)] == []


def test_the_lock_has_what_its_packages_ask_for() -> None:
    # It is installed without looking up what a package asks for; this says that nothing is missed by that.
    locked = dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE))
    asked = {("prober", ""), ("prober", "dev")}
    waiting, missing = list(asked), []
    while waiting:
        package, extra = waiting.pop()
        for line in requires(package) or ():
            one = Requirement(line)
            name = canonicalize_name(one.name)
            if one.marker and not one.marker.evaluate({"extra": extra}):
                continue
            if name not in locked or not one.specifier.contains(locked[name]):
                missing.append(f"{package} asks for {line}, found {locked.get(name, 'none')}")
            new = {(name, more) for more in ("", *one.extras)} - asked
            asked |= new
            waiting += new
    assert missing == []
    assert len(asked) > len(dependencies())


def test_every_dependency_is_justified() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    justified = set(re.findall(r"^\| `([^`]+)` \| \S", page, re.MULTILINE))
    assert justified == dependencies()


def test_no_text_names_the_host_of_a_package_index(texts: dict[str, str]) -> None:
    assert [(name, host) for name, text in texts.items() for host in INDEX_HOSTS if host in text] == []


def test_scripts_can_be_started() -> None:
    by_name = [path for path in scripts() if path.suffix != ".py"]
    assert [path.name for path in by_name if not path.stat().st_mode & stat.S_IXOTH] == []


def test_scripts_say_what_they_are_for() -> None:
    for path in scripts():
        first, second = path.read_text("utf-8").splitlines()[:2]
        purpose = second if first.startswith("#!") else first
        assert re.match(r'(# |""")[A-Z].{20,}[.:]', purpose), path.name


def test_every_benchmark_prints_its_figures_under_its_name() -> None:
    for path in (ROOT / "benchmarks").glob("*.py"):
        text = path.read_text("utf-8")
        assert f'json.dumps({{"benchmark": "{path.stem}", "figures": ' in text, path.name
