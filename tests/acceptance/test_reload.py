"""SIGHUP, with a real daemon: what differs is applied, what does not is not touched, a broken file changes nothing."""

import re
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.scene import Daemon, daemon, eventually, served

BLOG = """
[components.blog]
name = "Blog"
[checks.blog]
kind = "http"
url = "http://127.0.0.1:{port}/"
interval = "1s"
timeout = "1s"
"""
SHOP_PROBES = 'uptime_probes_total{check="shop",component="shop",site="main"}'
BLOG_SUCCESS = 'probe_success{check="blog",component="blog",site="main"}'


def names(one: Daemon) -> list[str]:
    return [component["name"] for component in one.summary()["components"]]


def incidents(one: Daemon) -> list[str]:
    return [incident["id"] for incident in one.summary()["incidents"]]


def watching(one: Daemon, probes: int = 3) -> None:
    """Wait until the shop has been probed a few times more."""
    before = one.series()[SHOP_PROBES]
    eventually(lambda: one.series()[SHOP_PROBES] >= before + probes, "more probes of the shop")


def test_checks_come_change_and_go_while_an_incident_is_open(tmp_path: Path) -> None:
    with served() as receiver, served() as broken, served() as good:
        broken.status = 500
        ports = broken.server_address[1], good.server_address[1]
        with daemon(tmp_path, ports[0], receiver.server_address[1]) as one:
            first = one.config.read_text()
            eventually(lambda: len(receiver.posts) == 1, "the notice of the outage")
            (incident,) = incidents(one)

            one.reload(first + BLOG.format(port=ports[1]))
            assert names(one) == ["Shop", "Blog"]
            eventually(lambda: one.series().get(BLOG_SUCCESS) == 1, "an answer of the new check")
            assert incidents(one) == [incident]
            watching(one)

            one.reload(first + BLOG.format(port=ports[0]))
            assert "checks: changed blog (url)" in one.log()
            eventually(lambda: len(incidents(one)) == 2, "the outage of the changed check")
            eventually(lambda: len(receiver.posts) == 2, "its notice")

            one.reload(first)
            assert names(one) == ["Shop"]
            assert incidents(one) == [incident]
            assert not [name for name in one.series() if 'check="blog"' in name]
            eventually(lambda: len(receiver.posts) == 3, "the notice of the end of what is no longer watched")
            closed = receiver.posts[2][1]["incident"]
            assert closed["status"] == "RESOLVED"
            assert "no longer watched" in str(closed)

            broken.status = 200
            eventually(lambda: len(receiver.posts) == 4, "the notice of the recovery")
            assert one.summary()["incidents"] == []
            assert "Traceback" not in one.log()


def test_the_same_file_changes_no_figure_and_no_incident(tmp_path: Path) -> None:
    with served() as receiver, served() as target:
        target.status = 500
        with daemon(tmp_path, target.server_address[1], receiver.server_address[1]) as one:
            eventually(lambda: len(receiver.posts) == 1, "the notice of the outage")
            page, before = one.get("/api/v2/summary.json"), one.series()
            for _ in range(5):
                one.reload(one.config.read_text())
            after = one.series()
            assert one.get("/api/v2/summary.json") == page
            assert after[SHOP_PROBES] >= before[SHOP_PROBES]
            missed = 'uptime_scheduler_missed_slots_total{check="shop"}'
            assert after[missed] >= before[missed]
            assert (
                after["uptime_config_last_reload_success_timestamp_seconds"]
                > before["uptime_config_last_reload_success_timestamp_seconds"]
            )
            assert one.log().count("reloaded: nothing that a reload applies has changed") == 5
            watching(one)
            assert len(receiver.posts) == 1


def test_a_broken_file_keeps_everything_running_and_is_told_with_every_mistake(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        good = one.config.read_text()
        one.reload(good.replace('interval = "1s"', 'interval = "0s"').replace("failures", "failure"))
        log = one.log()
        assert 'checks.shop.interval: expected a duration such as "30s", found "0s"' in log
        assert 'did you mean "failures"' in log
        assert "the configuration is not reloaded, what runs goes on: 2 mistakes in it" in log
        series = one.series()
        assert series["uptime_config_last_reload_successful"] == 0
        watching(one)
        one.reload(None)
        watching(one)
        one.reload(good)
        series_after = one.series()
        assert series_after["uptime_config_last_reload_successful"] == 1
        assert (
            series_after["uptime_config_last_reload_success_timestamp_seconds"]
            > series["uptime_config_last_reload_success_timestamp_seconds"]
        )


def test_what_only_a_restart_applies_is_named_and_the_rest_is_applied(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        text = (
            one.config.read_text().replace('"state"', '"elsewhere"').replace("admin-secret-0123", "other-secret-0123")
        )
        one.reload(text.replace("[prober]", '[prober]\nmax_probes = 7\nlog = "json"'))
        assert "only a restart applies what has changed of prober.state_dir, prober.max_probes, prober.log" in one.log()
        assert b"accounts" in one.get("/accounts", one.up, Auth="other-secret-0123456789")
        assert "secret-0123" not in one.log()
        assert not (tmp_path / "elsewhere").exists()


def test_whoever_was_told_of_an_incident_is_told_of_its_end(tmp_path: Path) -> None:
    with served() as receiver, served() as target:
        target.status = 500
        with daemon(tmp_path, target.server_address[1], receiver.server_address[1]) as one:
            eventually(lambda: len(receiver.posts) == 1, "the notice of the outage", one.log)
            one.reload(one.config.read_text().replace('topics = ["incidents"]', 'severity = ["low"]'))
            one.kill()
            one.start()
            target.status = 200
            eventually(lambda: len(receiver.posts) == 2, "the notice of its end", one.log)


def test_a_channel_that_changes_or_goes_loses_no_notice(tmp_path: Path) -> None:
    with served() as first, served() as second, served() as target:
        first.status = 503
        port = first.server_address[1]
        with daemon(tmp_path, target.server_address[1], port) as one:
            target.status = 500
            eventually(lambda: one.summary()["incidents"], "the outage")
            eventually(lambda: "attempt 1: retry" in one.log(), "a failed attempt")
            one.reload(one.config.read_text().replace(f":{port}/hook", f":{second.server_address[1]}/hook"))
            eventually(lambda: second.posts, "the notice at the new address")
            assert first.posts == []
            text = one.config.read_text()
            one.reload(re.sub(r"\[channels.*", "", text, flags=re.DOTALL))
            assert not [name for name in one.series() if 'channel="ops"' in name]
            one.reload(text)
            target.status = 200
            eventually(lambda: len(second.posts) == 2, "the notice of the recovery")
            assert [body["incident"]["status"] for _, body in second.posts] == ["INVESTIGATING", "RESOLVED"]


def test_a_part_that_comes_is_seen_and_a_broken_one_changes_nothing(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        text = one.config.read_text().replace("[prober]", '[prober]\ninclude = ["conf.d/*.toml"]')
        one.reload(text)
        part = tmp_path / "conf.d" / "blog.toml"
        part.parent.mkdir()
        part.write_text(BLOG.format(port=target.server_address[1]))
        one.reload(text)
        assert names(one) == ["Shop", "Blog"]
        part.write_text("[checks.shop]\n")
        one.reload(text)
        assert names(one) == ["Shop", "Blog"]
        assert f"not reloaded: {part}:1: checks.shop: expected an id that is declared once" in one.log()


def test_many_reloads_leave_nothing_behind(tmp_path: Path) -> None:
    # Every two seconds, so that a slot is missed by a reload and not by a busy machine.
    with served() as target, daemon(tmp_path, target.server_address[1], 9, interval="2s", timeout="2s") as one:
        text = one.config.read_text()
        watching(one, probes=1)
        before = one.descriptors_open()
        for n in range(10):
            one.reload(text.replace("9/hook", f"{n + 1}/hook") + BLOG.format(port=n + 1))
            one.reload(text[: n * 40])
        one.reload(text)
        watching(one, probes=1)
        eventually(lambda: one.descriptors_open() <= before + 2, "descriptors to be given back")
        assert one.series()['uptime_scheduler_missed_slots_total{check="shop"}'] == 0
        assert one.stop() == 0
        assert "Traceback" not in one.log()


def test_systemd_is_told_of_a_reload_and_of_its_end(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, served() as target:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        one = Daemon(tmp_path, target.server_address[1], 9)
        one.start(NOTIFY_SOCKET=str(tmp_path / "notify"))
        try:
            assert "READY=1" in manager.recv(999).decode()
            one.reload(one.config.read_text())
            assert re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=[0-9]+", manager.recv(999).decode())
            assert re.match(r"READY=1\nSTATUS=watching 1 checks of 1 components", manager.recv(999).decode())
            one.reload("")
            assert "RELOADING=1" in manager.recv(999).decode()
            assert "the new configuration was refused" in manager.recv(999).decode()
            assert one.process
            one.process.send_signal(signal.SIGTERM)
            assert "STOPPING=1" in manager.recv(999).decode()
            assert one.stop() == 0
        finally:
            one.kill()


def test_the_admin_reloads_by_http_and_hears_what_came_of_it(tmp_path: Path) -> None:
    with served() as target, daemon(tmp_path, target.server_address[1], 9) as one:
        url = f"http://127.0.0.1:{one.public}/-/reload"
        key = {"Authorization": "Bearer admin-secret-0123456789"}
        good = one.config.read_text()
        one.config.write_text(good.replace('interval = "1s"', 'interval = "0s"'))
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(urllib.request.Request(url, b"", key), timeout=20)
        with refused.value as answer:
            assert 'expected a duration such as "30s", found "0s"' in answer.read().decode()
        one.config.write_text(good + BLOG.format(port=target.server_address[1]))
        with urllib.request.urlopen(urllib.request.Request(url, b"", key, method="PUT"), timeout=20) as answer:
            assert answer.read() == b"Reloaded: components: added blog; checks: added blog\n"
        assert names(one) == ["Shop", "Blog"]
