"""The other end of a network: names, a target by name and by address, and a cable that can be pulled.

Run in a network of its own: prints "ready" once its end of the link is there, then does what each line of its input
names, and prints it again once it is done. `hurt` of the near side uses it; see `cut_off`.
"""

import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NEAR, FAR, LINK, NAME = "10.99.0.1", "10.99.0.2", "far0", "target.test"
_SERVFAIL = b"\x81\x82"
_ANSWER = b"\x81\x80"


class Target(BaseHTTPRequestHandler):
    fails = False

    def do_GET(self) -> None:
        self.send_response(503 if Target.fails else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Names:
    """A name server that knows one name: it hears, says nothing, says SERVFAIL to all, or is gone."""

    def __init__(self) -> None:
        self.manner = "hear"
        self._sock = self._bound()
        threading.Thread(target=self._serve, daemon=True).start()

    def behave(self, manner: str) -> None:
        was, self.manner = self.manner, manner
        if manner == "gone":
            self._sock.close()
        elif was == "gone":
            self._sock = self._bound()

    def _bound(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((FAR, 53))
        sock.settimeout(0.05)
        return sock

    def _serve(self) -> None:
        while True:
            try:
                asked, peer = self._sock.recvfrom(512)
            except OSError:  # silence, or gone for now
                time.sleep(0.001)
                continue
            if self.manner == "hear":
                is_a = asked[asked.index(b"\0", 12) + 1 :][:2] == b"\0\1"
                rest = b"\xc0\x0c\0\1\0\1\0\0\0\0\0\4" + socket.inet_aton(FAR) if is_a else b""
                self._say(asked, _ANSWER, rest, peer)
            elif self.manner == "servfail":
                self._say(asked, _SERVFAIL, b"", peer)

    def _say(self, asked: bytes, code: bytes, rest: bytes, peer: Any) -> None:
        end = asked.index(b"\0", 12) + 5
        head = asked[:2] + code + b"\0\1" + bool(rest).to_bytes(2) + b"\0\0\0\0"
        self._sock.sendto(head + asked[12:end] + rest, peer)


def main() -> None:
    while LINK not in (name for _, name in socket.if_nameindex()):
        time.sleep(0.01)
    for words in ("link set lo up", f"addr add {FAR}/24 dev {LINK}", f"link set {LINK} up"):
        subprocess.run(["ip", *words.split()], check=True)
    server, names = ThreadingHTTPServer((FAR, 80), Target), Names()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)  # noqa: T201
    for line in sys.stdin:
        word = line.strip()
        if word in ("pull", "plug"):
            subprocess.run(["ip", "link", "set", LINK, "down" if word == "pull" else "up"], check=True)
        elif word == "fail":
            Target.fails = True
        else:
            names.behave(word)
        print(word, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
