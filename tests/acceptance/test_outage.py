"""The main job, with a real daemon: an outage is seen, told once, survives kill -9, and is closed."""

from pathlib import Path

from tests.acceptance.scene import daemon, eventually, served

DELIVERED = b'uptime_deliveries_total{channel="ops",result="delivered"} 1\n'


def statuses(posts: list[tuple[dict[str, str], dict[str, dict[str, str]]]]) -> list[str]:
    return [body["incident"]["status"] for _, body in posts]


def test_an_outage_is_told_once_survives_kill_9_and_is_closed_once(tmp_path: Path) -> None:
    with served() as receiver, served() as target:
        port = target.server_address[1]
        with daemon(tmp_path, port, receiver.server_address[1]) as prober:
            eventually(lambda: prober.component() == "operational" and probed(prober.get("/metrics")), "a first answer")

            target.stop()
            eventually(lambda: prober.component() == "major_outage", "the outage on the API")
            (incident,) = prober.summary()["incidents"]
            assert (incident["status"], incident["impact"]) == ("investigating", "critical")
            eventually(lambda: DELIVERED in prober.get("/metrics"), "the notice and its receipt on the disk")

            prober.kill()
            prober.start()
            assert prober.component() == "major_outage"
            assert [i["id"] for i in prober.summary()["incidents"]] == [incident["id"]]
            before = probes(prober.get("/metrics"))
            eventually(lambda: probes(prober.get("/metrics")) >= before + 5, "five more probes")
            assert statuses(receiver.posts) == ["INVESTIGATING"]

            with served(port):
                eventually(lambda: prober.component() == "operational", "the recovery on the API")
                eventually(lambda: len(receiver.posts) == 2, "the second notice")
                before = probes(prober.get("/metrics"))
                eventually(lambda: probes(prober.get("/metrics")) >= before + 5, "five more probes")
                assert statuses(receiver.posts) == ["INVESTIGATING", "RESOLVED"]
                assert len({headers["webhook-id"] for headers, _ in receiver.posts}) == 2
                assert prober.summary()["incidents"] == []
            assert prober.stop() == 0


def test_a_notice_that_could_not_be_sent_before_kill_9_is_sent_after_it(tmp_path: Path) -> None:
    with served() as receiver, served() as target:
        receiver.status = 503
        with daemon(tmp_path, target.server_address[1], receiver.server_address[1]) as prober:
            target.stop()
            eventually(lambda: prober.component() == "major_outage", "the outage on the API")
            prober.kill()
            receiver.status = 200
            prober.start()
            eventually(lambda: receiver.posts, "the notice")
            assert statuses(receiver.posts) == ["INVESTIGATING"]


def probed(metrics: bytes) -> bool:
    return b'probe_success{check="shop",component="shop",site="main"} 1\n' in metrics


def probes(metrics: bytes) -> float:
    """How often the check was probed since the daemon started."""
    lines = [line for line in metrics.splitlines() if line.startswith(b"uptime_probes_total{")]
    return float(lines[0].split()[-1]) if lines else 0.0
