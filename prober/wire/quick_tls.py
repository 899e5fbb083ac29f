"""TLS by rustls: a third of the CPU of OpenSSL, for the usual case that all is well.

It says only that a handshake is good, with version, cipher and chain. What it cannot do, and why it failed, is asked
of OpenSSL on another connection (`Unsure`): so every failure of a handshake that a probe tells is OpenSSL's word, but
that the peer hung up, which is no matter of opinion: asking again would hide it.
Roots that have expired are trusted by rustls; old versions than TLS 1.2 and certificates without a subject alternative
name are not spoken of: OpenSSL decides.
"""

import asyncio
import functools
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, cast

from prober.wire.tls import Facts, hung_up, not_after_s

_MOST = 64 * 1024  # bytes of plain text taken at once
_VERSIONS: Mapping[int, str] = {0x0303: "TLS 1.2", 0x0304: "TLS 1.3"}
_REQUIRED = 2  # ssl.CERT_REQUIRED, as the binding counts


class Unsure(Exception):
    """No handshake this way: OpenSSL must be asked."""


class Policy(Protocol):
    """What makes the state of a connection that trusts certain roots."""

    def build_client_connection(self, server_name: str) -> Any: ...


def policy(ca: str | None) -> Policy | None:
    """The shared policy that verifies by these authorities, the system's without one; None if it cannot be had.

    Made anew when the file has changed.
    """
    return _policy(ca, Path(ca).stat().st_mtime_ns if ca else 0)


@functools.lru_cache(maxsize=64)
def _policy(ca: str | None, _changed_ns: int) -> Policy | None:
    try:
        from rtls import _rustls  # 5 MB: only for who meets TLS

        builder = _rustls.RustlsConfigBuilder()
        for pem in [Path(ca)] if ca else _system_roots():
            builder.add_root_certs_from_pem(pem.read_bytes())
        builder.set_verify_mode(_REQUIRED)
        builder.set_check_hostname(True)
        builder.set_sni_enabled(True)
        builder.set_alpn([b"http/1.1"])
        return cast(Policy, builder) if builder.root_cert_count() else None
    except (ImportError, AttributeError, OSError, ValueError):
        return None  # OpenSSL does it alone


def _system_roots() -> list[Path]:
    """The files where OpenSSL finds the system's authorities."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile:
        return [Path(paths.cafile)]
    return sorted(Path(paths.capath).glob("*.[0-9]")) if paths.capath else []


def _openssl_name(suite: str) -> str:
    """What OpenSSL calls a cipher suite that rustls speaks."""
    if suite.startswith("TLS13_"):
        return suite.replace("TLS13_", "TLS_", 1)
    name = suite.removeprefix("TLS_").replace("_WITH_", "_").replace("AES_", "AES")
    return name.replace("_", "-").replace("POLY1305-SHA256", "POLY1305")


class Tunnel(asyncio.Protocol):
    """TLS between a connection and the protocol above it, which takes this for its transport."""

    __slots__ = ("_above", "_done", "_is_lost", "_is_ready", "_is_unsure", "_peer", "_transport")

    def __init__(self, above: asyncio.Protocol, made: Policy, server_name: str) -> None:
        self._above = above
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._is_ready = self._is_unsure = self._is_lost = False
        self._transport: asyncio.Transport | None = None
        try:
            self._peer = made.build_client_connection(server_name)
        except (ValueError, OSError) as error:
            raise Unsure(str(error)) from None

    # ------------------------------------------------------------ for the one who connects

    async def secure(self) -> Facts:
        """Shakes hands; then as `tls.facts`. What completes the handshake leaves with what is written next.

        Raises Unsure, and Failed if the peer has hung up.
        """
        if not self._is_lost:
            self._flush()
            await self._done
        if not self._is_ready:
            raise Unsure if self._is_unsure else hung_up()
        version, chain = self._peer.protocol_version(), self._peer.peer_certificates()
        suite = str(self._peer.negotiated_cipher_suite() or "")
        found: Facts = {"tls_version": _VERSIONS.get(version, "unknown"), "tls_cipher": _openssl_name(suite)}
        expiry_s = not_after_s(bytes(chain[0])) if chain else None
        return found if expiry_s is None else found | {"cert_expiry_s": expiry_s}

    def chain(self) -> list[bytes]:
        """The certificates that the peer has shown, DER."""
        return [bytes(one) for one in self._peer.peer_certificates() or ()]

    # ------------------------------------------------------------ for the protocol above

    def write(self, data: bytes) -> None:
        """Encrypts and sends it."""
        self._peer.write_plaintext(data)
        self._flush()

    def is_closing(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        if self._transport is not None:
            self._transport.set_write_buffer_limits(high, low)

    def abort(self) -> None:
        """Hangs up at once."""
        if self._transport is not None:
            self._transport.abort()

    # ------------------------------------------------------------ for the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only

    def data_received(self, data: bytes) -> None:
        try:
            self._take(data)
        except OSError as error:  # the binding's errors are ssl.SSLError
            self._broken(error)

    def _take(self, data: bytes) -> None:
        while data and not self._is_ready:
            taken = self._peer.read_tls(data)
            data = data[taken:]
            self._peer.process_new_packets()
            if not self._peer.is_handshaking():
                self._is_ready = True
                self._wake()
            elif not taken:
                return
            elif self._peer.wants_write():  # a second hello
                self._flush()
        if not self._is_ready:
            return
        plain = self._peer.read_plaintext(_MOST) if not data else b""
        while plain or data:
            if plain:
                self._above.data_received(plain)
            if not data:
                plain = self._peer.read_plaintext(_MOST) if len(plain) >= _MOST else b""
                continue
            before = len(data)
            plain, data = self._peer.decrypt_incoming(data, _MOST)
            if not plain and len(data) == before:
                break
        if not self._peer.wants_read():  # it has said that it is done
            self._above.eof_received()

    def eof_received(self) -> None:
        self._is_lost = True
        if self._is_ready:
            self._above.eof_received()
        self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        self._is_lost = True
        if self._is_ready:
            self._above.connection_lost(error)
        self._wake()

    def pause_writing(self) -> None:
        self._above.pause_writing()

    def resume_writing(self) -> None:
        self._above.resume_writing()

    def _broken(self, error: OSError) -> None:
        if self._is_ready:
            self._above.connection_lost(error)
        else:
            self._is_unsure = True
        self._wake()
        self.abort()

    def _flush(self) -> None:
        pieces = []
        while self._peer.wants_write():
            pieces.append(self._peer.write_tls())
        if pieces and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(pieces))

    def _wake(self) -> None:
        if not self._done.done():
            self._done.set_result(None)
