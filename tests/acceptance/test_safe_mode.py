"""A crash loop, a backup by itself and a damaged file, with a real daemon."""

import subprocess
import sys
from pathlib import Path

from prober.store import FILE, verify
from tests.acceptance.scene import daemon, eventually, served


def test_after_several_crashes_it_watches_and_sends_nothing_until_it_was_stopped_cleanly(tmp_path: Path) -> None:
    with (
        served() as receiver,
        served() as target,
        daemon(tmp_path, target.server_address[1], receiver.server_address[1]) as prober,
    ):
        text = prober.config.read_text()
        prober.config.write_text(text.replace("[prober]\n", "[prober]\nsafe_mode_after = 3\n", 1))
        prober.kill()
        prober.start()
        prober.kill()
        prober.start(ready=503)
        assert prober.series()["uptime_safe_mode"] == 1
        target.stop()
        eventually(lambda: prober.component() == "major_outage", "the outage on the API")
        eventually(lambda: prober.summary()["incidents"], "the incident on the API")
        assert "safe mode: 3 starts within 10 minutes" in prober.log()
        assert receiver.posts == []
        assert prober.stop() == 0
        prober.start()
        eventually(lambda: receiver.posts, "the notice that was held back")
        assert prober.series()["uptime_safe_mode"] == 0


def test_a_damaged_state_is_put_back_from_the_backup_that_was_made_by_itself(tmp_path: Path) -> None:
    with (
        served() as receiver,
        served() as target,
        daemon(tmp_path, target.server_address[1], receiver.server_address[1]) as prober,
    ):
        assert prober.stop() == 0
        prober.config.write_text(prober.config.read_text() + '[backup]\nevery = "1d"\n')
        prober.start()
        target.stop()
        eventually(lambda: prober.series()["uptime_backup_timestamp_seconds"], "a backup")
        prober.kill()
        state = next(tmp_path.rglob(FILE))
        state.write_bytes(b"nonsense" * 5000)
        asked = [sys.executable, "-m", "prober", "run", "--config", str(prober.config)]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1
        assert not state.exists()
        command = done.stderr.split("`")[1].split()
        assert command[:2] == ["prober", "restore"]
        subprocess.run([sys.executable, "-m", *command], check=True, timeout=60)
        assert verify(state).first == 1
        prober.start()
