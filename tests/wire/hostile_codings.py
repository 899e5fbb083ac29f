"""What a server of `hostile` may do wrong with the coding of a body: broken, cut off, twice, and bombs of all kinds."""

import functools
import gzip
import zlib
from collections.abc import Callable, Mapping

import brotli  # type: ignore[import-untyped]
from backports import zstd

from prober.core.reason import Reason as R
from tests.wire.hostile import WELL, answers, chunked, down, pieces, reply, up


def field(coding: str) -> bytes:
    return f"Content-Encoding: {coding}".encode()


def greedy() -> bytes:
    """Zstandard that asks whoever undoes it for 128 MiB."""
    made = zstd.ZstdCompressor(options=_WIDE)
    return made.compress(b"all is well") + made.flush()


ZEROS = bytes(20_000_000)
CODES: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": functools.partial(gzip.compress, compresslevel=1, mtime=0),
    "deflate": functools.partial(zlib.compress, level=1),
    "br": functools.partial(brotli.compress, quality=1),
    "zstd": functools.partial(zstd.compress, level=1),
}
_WIDE: dict[int, int] = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.content_size_flag: 0}
GREEDY = greedy()
BARE_DEFLATE = zlib.compressobj(wbits=-15)
BARE = BARE_DEFLATE.compress(b"all is well") + BARE_DEFLATE.flush()

BEHAVIOURS = [
    *(up(name, answers(reply(code(b"all is well"), field(name))), options=WELL) for name, code in CODES.items()),
    *(
        up(f"{name}, byte by byte", answers(*pieces(reply(code(b"all is well"), field(name)))), options=WELL)
        for name, code in CODES.items()
    ),
    *(
        down(f"{name} bomb", answers(reply(code(ZEROS), field(name))), R.HTTP_TOO_LARGE, options=WELL)
        for name, code in CODES.items()
    ),
    *(
        down(
            f"{name} bomb in chunks",
            answers(chunked(b"%x\r\n%s\r\n0\r\n\r\n" % (len(made), made), field(name))),
            R.HTTP_TOO_LARGE,
            options=WELL,
        )
        for name, made in ((name, code(ZEROS)) for name, code in CODES.items())
    ),
    *(
        down(
            f"{outer} of {inner} bomb",
            answers(reply(CODES[outer](CODES[inner](ZEROS)), field(f"{inner}, {outer}"))),
            R.DECODE_FAILED,
            options=WELL,
        )
        for outer in CODES
        for inner in CODES
    ),
    *(
        down(f"{name} that is none", answers(reply(b"all is well", field(name))), R.DECODE_FAILED, options=WELL)
        for name in CODES
    ),
    *(
        down(f"{name} cut off", answers(reply(code(b"all is fine")[:-3], field(name))), R.DECODE_FAILED, options=WELL)
        for name, code in CODES.items()
    ),
    *(
        down(f"{name} twice", answers(reply(code(b"all is fine") * 2, field(name))), R.DECODE_FAILED, options=WELL)
        for name, code in CODES.items()
    ),
    up("bomb, nothing expected", answers(reply(CODES["br"](ZEROS), field("br")))),
    up("deflate without its wrapping", answers(reply(BARE, field("deflate"))), options=WELL),
    up("unknown coding, nothing expected", answers(reply(b"x", field("lzma")))),
    down("unknown coding", answers(reply(b"x", field("lzma"))), R.DECODE_FAILED, options=WELL),
    down("coding not ASCII", answers(reply(b"x", b"Content-Encoding: \xff\xfe")), R.DECODE_FAILED, options=WELL),
    down("zstd that wants memory", answers(reply(GREEDY, field("zstd"))), R.DECODE_FAILED, options=WELL),
]
