"""Metrics on a listener of their own: by TLS, with a key, and nowhere else."""

import datetime as dt
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.scene import Daemon, eventually, served
from tests.ports import free_port
from tests.wire.certificates import Certificates

KEY = "metrics-key-0123456789"


def asked(port: int, path: str, ca: Path, key: str | None = KEY) -> tuple[int, str]:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10, context=ssl.create_default_context(cafile=str(ca))) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("is_apart", [True, False], ids=["apart", "together"])
def test_metrics_are_where_they_should_be_and_ask_for_their_key(tmp_path: Path, is_apart: bool) -> None:
    certificates, port = Certificates(tmp_path, dt.datetime.now(dt.UTC)), free_port()
    key_pem, chain_pem = certificates.pem("good")
    (tmp_path / "cert.pem").write_bytes(chain_pem)
    (tmp_path / "key.pem").write_bytes(key_pem)
    apart = (
        f'metrics = "127.0.0.1:{port}"\nmetrics_cert = "cert.pem"\nmetrics_cert_key = "key.pem"\n' if is_apart else ""
    )
    with served() as target:
        one = Daemon(tmp_path, target.server_address[1], 9)
        one.config.write_text(one.config.read_text().replace("[prober]", f'[prober]\nmetrics_key = "{KEY}"\n{apart}'))
        try:
            one.start()
            if not is_apart:
                assert [one.status(path) for path in ("/metrics", "/probe?target=shop", "/sd/prometheus")] == [401] * 3
                assert "uptime_build_info" in one.get("/metrics", Authorization=f"Bearer {KEY}").decode()
                return
            assert [one.status(path) for path in ("/metrics", "/probe?target=shop", "/sd/prometheus")] == [404] * 3
            assert f"metrics  https://127.0.0.1:{port}/metrics" in one.log()
            for path in ("/metrics", "/probe?target=shop", "/sd/prometheus"):
                assert asked(port, path, certificates.ca, None)[0] == 401
                assert asked(port, path, certificates.ca, KEY + "x")[0] == 401
            assert asked(port, "/-/ready", certificates.ca, None) == (200, "Ready\n")
            assert asked(port, "/-/reload", certificates.ca)[0] == 405
            assert asked(port, "/nothing", certificates.ca)[0] == 404
            assert "/metrics" in asked(port, "/", certificates.ca, None)[1]
            eventually(lambda: asked(port, "/probe?target=shop", certificates.ca)[0] == 200, "an answer of the check")
            assert "\nprobe_success{" in asked(port, "/metrics", certificates.ca)[1]
            (found,) = json.loads(asked(port, "/sd/prometheus", certificates.ca)[1])
            assert found["targets"] == [f"127.0.0.1:{port}"]
            assert found["labels"]["__scheme__"] == "https"
            assert found["labels"]["instance"] == f"http://127.0.0.1:{target.server_address[1]}/"
        finally:
            if one.process and one.process.poll() is None:
                one.kill()
