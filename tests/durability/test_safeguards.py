"""Each safeguard is needed: without it, what the harness looks for is there to be found.

That commits are synced is switched off in `test_power_loss`; that notices are owed in the transaction of their change,
in `test_checker`.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.scene import eventually
from tests.durability import checker
from tests.durability.mutants import Mutant, mutated
from tests.durability.town import ROOT, SUBSCRIPTIONS, guard, town

pytestmark = pytest.mark.timeout(300)  # it waits for daemons, twice or more

FORGETFUL = Mutant("prober/store/store.py", "incidents={i.num: i for i in incidents}", "incidents={}")
NO_INDEX = Mutant(
    "prober/store/migrations/0001_initial.sql", "UNIQUE INDEX incident_open_once", "INDEX incident_open_once"
)
NO_DIGEST = Mutant("prober/store/chain.py", "    if found != digest:", "    if found is None:")
REFUSED = "UNIQUE constraint failed: incident.cause"
TWICE = "incident 2 of component:shop opened while the one before was open"


@pytest.mark.parametrize("has_index", [True, False])
def test_a_daemon_that_forgets_what_is_open_cannot_open_it_twice_thanks_to_the_index(
    has_index: bool, tmp_path: Path
) -> None:
    code = mutated(tmp_path / "code", FORGETFUL, *(() if has_index else (NO_INDEX,)))
    with town() as place, guard(tmp_path, place, ("shop",), code=code) as one:
        place.down.add("shop")
        one.start()
        eventually(lambda: checker.incidents(one.database), "an incident", one.log)
        one.kill()
        one.start()
        eventually(lambda: REFUSED in one.log() or len(checker.incidents(one.database)) > 1, "what comes of it")
        one.kill()
        assert (TWICE in checker.faults(one.database, SUBSCRIPTIONS)) == (not has_index)


def test_without_digests_a_changed_row_is_not_found(tmp_path: Path) -> None:
    with town() as place, guard(tmp_path, place, ("shop",)) as one:
        place.down.add("shop")
        one.start()
        eventually(lambda: checker.incidents(one.database), "an incident", one.log)
        one.kill()
    with closing(sqlite3.connect(one.database)) as connection, connection:
        connection.execute("UPDATE incident SET name = 'Nothing happened'")
    code = mutated(tmp_path / "code", NO_DIGEST)
    found = {folder: checker.verified(one.state_dir, folder) for folder in (ROOT, code)}
    assert "table incident" in "".join(found[ROOT])
    assert found[code] == []
