"""The chain: what was decided and what came of it can be added to, and not be changed unnoticed.

1. Each transaction that writes rows of the chained tables appends a link: the digests of these rows, and the digest of
   the link before. So every row hangs on the head of the chain, whose digest stands beside it.
2. A row says which link has its latest digest; an older link may have older ones of the same row.
3. Rows of before there was a chain are taken into its first links: from there on they are covered.
4. A digest is of the columns that the schema had when it was made: a migration that adds a column spoils none. One that
   changes what stands in chained rows sets their link to null, and they are taken up at the next start.
5. Old links go by being carried: what still stands is taken into a new link, and the chain starts later (see retire).

6. How far it goes is told twice, in its own table and by the installation. Where the two differ, links were taken away
   or put in; that is noted before the next is added, so that no later link covers it up.

What it finds is damage and changes by hand. It has no key: who can write the file and knows all this can forge it all.
Who keeps the head elsewhere (number and digest of the latest link) can ask whether it still is in the chain.
"""

import hashlib
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from functools import cache
from itertools import accumulate, takewhile
from typing import Any, NamedTuple

from prober.errors import StoreError
from prober.store.migrate import migrate
from prober.store.named import queries, statement

# table -> the columns of its key
CHAINED = {
    "transition": ("seq", "item"),
    "incident": ("num",),
    "incident_affected": ("num", "component"),
    "incident_update": ("num", "item"),
    "notice": ("id",),
    "delivery": ("notice", "attempt"),
    "audit": ("seq",),
}
CARRIED_AT_ONCE = 1_000  # rows of old links in a new one
ADOPTED_AT_ONCE = 1_000  # rows of before the chain in one link
TOLD_TWICE = 21  # since that schema
START = bytes(32)  # what the first link hangs on


class Head(NamedTuple):
    """A link that was once the latest. digest: in hexadecimal."""

    num: int
    digest: str

    def __str__(self) -> str:
        return f"{self.num}:{self.digest}"

    @classmethod
    def read(cls, words: str) -> "Head":
        """From what it looks like as a string. Raises StoreError."""
        found = re.fullmatch(r"(\d{1,18}):([0-9a-f]{64})", words.strip().lower())
        if found is None:
            raise StoreError(f"expected a head as `prober verify` tells it, NUMBER:DIGEST, found {words[:100]!r}")
        return cls(int(found[1]), found[2])


class Proof(NamedTuple):
    """What has been walked. first: number of the first link. rows: how many chained rows there are."""

    first: int
    links: int
    rows: int
    head: Head


class Entry(NamedTuple):
    """One row in a link; what has been read of it is not proved to be of these types. key: as JSON."""

    table: str
    key: Any
    digest: Any


class _Link(NamedTuple):
    num: int
    at_ms: int
    schema: int
    rows: int
    before: bytes
    digest: bytes


# ---------------------------------------------------------------- writing


def begin(connection: sqlite3.Connection) -> None:
    """Within a transaction: start the chain if there is none, and take in what no link has yet."""
    _head(connection)
    for table in CHAINED:
        while append(connection, 0, (table,), ADOPTED_AT_ONCE) == ADOPTED_AT_ONCE:
            pass


def append(connection: sqlite3.Connection, at_ms: int, tables: Iterable[str] = tuple(CHAINED), limit: int = -1) -> int:
    """Within a transaction: link what has been written in it to these tables, nothing if nothing was; how many rows.

    limit: of each table; -1 = all.
    """
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    head, before = _head(connection)
    entries = [entry for table in tables for entry in _unlinked(connection, table, schema, limit)]
    if entries:
        num, found = head + 1, hashlib.sha256()
        for entry in entries:
            connection.execute(_about("link_row_to", entry.table), (num, *json.loads(entry.key)))
            found.update(_told(entry))
        link = _Link(num, at_ms, schema, len(entries), before, _sealed(found, num, at_ms, schema, len(entries), before))
        queries().add_link_rows(connection, [(num, item, *entry) for item, entry in enumerate(entries)])
        queries().add_link(connection, **link._asdict())
        queries().move_chain_head(connection, num=num, digest=link.digest)
        queries().tell_head(connection, num=num, digest=link.digest)
    return len(entries)


def _head(connection: sqlite3.Connection) -> tuple[int, bytes]:
    """Number and digest of the latest link; noted if it is not the one that the installation knows."""
    chain = queries().chain(connection)
    if chain is None:
        queries().begin_chain(connection, start=START)
    num, digest = (0, START) if chain is None else chain[2:]
    told = queries().told_head(connection)
    if told is not None and (told[0], told[1] or START) != (num, digest):
        queries().miss_head(connection)
        queries().tell_head(connection, num=num, digest=digest)
    return num, digest


def _about(name: str, table: str) -> str:
    """A query of any chained table, of this one."""
    keys = CHAINED[table]
    return statement(name, table=table, key=", ".join(keys), is_key=" AND ".join(f"{key} = ?" for key in keys))


def _unlinked(connection: sqlite3.Connection, table: str, schema: int, limit: int) -> list[Entry]:
    keys, columns = CHAINED[table], _columns(schema)[table]
    return [
        Entry(table, _json([row[key] for key in keys]), _digest(table, row, columns))
        for row in connection.execute(_about("unlinked_rows", table), (limit,))
    ]


def _told(entry: Entry) -> bytes:
    return f"{entry.table}\n{entry.key}\n{entry.digest.hex()}\n".encode("ascii", "backslashreplace")


def _sealed(found: "hashlib._Hash", num: int, at_ms: int, schema: int, rows: int, before: bytes) -> bytes:
    found.update(f"{num} {at_ms} {schema} {rows} {before.hex()}".encode())
    return found.digest()


def _digest(table: str, row: sqlite3.Row, columns: Sequence[str]) -> bytes:
    """Of the canonical form of a row: its table and its values, as JSON in ASCII."""
    return hashlib.sha256(_json([table, *(row[column] for column in columns)]).encode()).digest()


def _json(values: list[Any]) -> str:
    return json.dumps(values, separators=(",", ":"), default=lambda value: {"hex": value.hex()})


@cache
def _columns(schema: int) -> dict[str, tuple[str, ...]]:
    """table -> the columns it had in that schema, but for the link."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, schema)
        return {
            table: tuple(row[1] for row in connection.execute(f'PRAGMA table_info("{table}")') if row[1] != "link")
            for table in CHAINED
        }


def retire(connection: sqlite3.Connection, before_ms: int, now_ms: int, limit: int) -> int:
    """Within a transaction: take at most `limit` links from before a moment off the start of the chain; how many.

    What they have of notices that are settled and from before the moment, and of their deliveries, is deleted; what
    else stands as they have it is carried into a new link. Each is proved before: raises StoreError if it is bad.
    All of them have at most CARRIED_AT_ONCE rows, if it is more than one: or what is carried again and again would
    come together in ever greater links.
    """
    head, _ = _head(connection)
    num, digest, *_ = queries().chain(connection)
    links = [_Link(*row) for row in queries().oldest_links(connection, head=head, limit=limit)]
    counts = accumulate(link.rows for link in links)
    old = [
        link
        for link, rows in takewhile(lambda found: found[0].at_ms < before_ms, zip(links, counts, strict=True))
        if link is links[0] or rows <= CARRIED_AT_ONCE
    ]
    for link in old:
        _prove_link(connection, link, num + 1, digest, Counter())
        num, digest = link.num, link.digest
        _let_go(connection, num, before_ms)
    if old:
        append(connection, now_ms)
        queries().drop_rows_of_links(connection, num=num)
        queries().drop_links(connection, num=num)
        queries().move_chain_base(connection, num=num, digest=digest)
    return len(old)


def _let_go(connection: sqlite3.Connection, num: int, before_ms: int) -> None:
    for table, key in list(queries().tables_of_link(connection, link=num)):
        values = json.loads(key)
        words = dict(zip(("notice", "attempt"), values, strict=False)) | {"link": num, "before_ms": before_ms}
        if table == "delivery":
            queries().drop_settled_delivery(connection, **words)
        elif table == "notice":
            queries().drop_settled_notice(connection, **words)
        connection.execute(_about("unlink_row", table), (num, *values))


# ---------------------------------------------------------------- proving


def has_chain(connection: sqlite3.Connection) -> bool:
    """Whether a chain was begun in the database: its schema may not know of it, or know since the power was cut."""
    if not queries().knows_chain(connection)[0]:
        return False
    return bool(queries().is_chain_begun(connection)[0]) or any(_told_head(connection))


def _told_head(connection: sqlite3.Connection) -> tuple[Any, Any, Any]:
    """What the installation says of it; all None if it says nothing, as older schemas do."""
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    told = queries().told_head(connection) if schema >= TOLD_TWICE else None
    return (told[0] or None, told[1], told[2]) if told is not None else (None, None, None)


def prove(connection: sqlite3.Connection, known: Head | None = None) -> Proof:
    """Walk the whole chain, as it is at one moment. Raises StoreError that names the first bad row.

    known: a head that must be in the chain. The connection is one's own, and is not good for anything else afterwards.
    """
    connection.row_factory = sqlite3.Row
    connection.text_factory = _text
    connection.execute("BEGIN")
    chain = queries().chain(connection)
    if chain is None:
        raise StoreError("table chain: expected the row that says where the chain ends, found none")
    found: Counter[str] = Counter()
    links, entries = 0, 0
    num, digest = chain["base_num"], chain["base_digest"]
    with closing(queries().links(connection)) as rows:
        for link in map(_Link._make, rows):
            _prove_known(known, num, digest)
            _prove_link(connection, link, num + 1, digest, found)
            num, digest, links, entries = link.num, link.digest, links + 1, entries + link.rows
    _prove_known(known, num, digest)
    if (num, digest) != (chain["head_num"], chain["head_digest"]):
        expected, last = _shown(chain["head_num"], chain["head_digest"]), _shown(num, digest)
        raise StoreError(f"table chain: expected the latest link to be {expected}, found {last}")
    _prove_counts(connection, found, entries)
    _prove_told(connection, num, digest)
    if known is not None and not chain["base_num"] <= known.num <= num:
        raise StoreError(f"table chain: expected link {known.num} in it, found {chain['base_num'] + 1} to {num}")
    return Proof(chain["base_num"] + 1, links, sum(found.values()), Head(num, digest.hex()))


def _prove_known(known: Head | None, num: int, digest: object) -> None:
    if known is not None and known.num == num and (not isinstance(digest, bytes) or known.digest != digest.hex()):
        shown = _shown(num, bytes.fromhex(known.digest))
        raise StoreError(f"table link, row {num}: expected the head {shown}, found {_shown(num, digest)}")


def _prove_told(connection: sqlite3.Connection, num: int, digest: object) -> None:
    """That the chain goes as far as the installation says, and always did."""
    told_num, told_digest, missed = _told_head(connection)
    if missed is not None:
        raise StoreError(
            f"table chain: expected link {missed} to be followed by the next, found that it was not the latest any "
            "more: links were taken away or put in"
        )
    if told_num is not None and (told_num, told_digest) != (num, digest):
        raise StoreError(
            f"table chain: expected the latest link to be {_shown(told_num, told_digest)}, as the installation says, "
            f"found {_shown(num, digest)}"
        )


def _text(raw: bytes) -> str:
    """What is spoilt is to be found, not to be stumbled over."""
    return raw.decode("utf-8", "surrogateescape")


def _shown(num: object, digest: object) -> str:
    return f"{num} ({digest.hex()[:16] if isinstance(digest, bytes) else digest})"


def _prove_link(connection: sqlite3.Connection, link: _Link, expected: int, before: bytes, found: Counter[str]) -> None:
    if link.num != expected:
        raise StoreError(f"table link: expected link {expected}, found {link.num}")
    if link.before != before:
        raise StoreError(
            f"table link, row {link.num}: expected to hang on {_shown(expected - 1, before)}, "
            f"found {_shown(expected - 1, link.before)}"
        )
    rows = queries().rows_of_link(connection, link=link.num)
    entries = [Entry(*row) for *row, item in rows if item in range(link.rows)]
    if len(entries) != link.rows:
        raise StoreError(f"table link_row, link {link.num}: expected {link.rows} rows, found {len(entries)}")
    summed = hashlib.sha256()
    for entry in entries:
        _prove_shape(link.num, entry)
        summed.update(_told(entry))
    digest = _sealed(summed, link.num, link.at_ms, link.schema, link.rows, link.before)
    if digest != link.digest:
        raise StoreError(
            f"table link, row {link.num} (or its rows in link_row): expected digest "
            f"{_shown(link.num, link.digest)}, found {_shown(link.num, digest)}"
        )
    for entry in entries:
        found[entry.table] += _prove_row(connection, link, entry)


def _prove_shape(num: int, entry: Entry) -> None:
    table, key, digest = entry
    if not (table in CHAINED and isinstance(key, str) and isinstance(digest, bytes)):
        raise StoreError(f"table link_row, link {num}: expected a row of a chained table, found one of {table!r}")


def _prove_row(connection: sqlite3.Connection, link: _Link, entry: Entry) -> bool:
    """Whether this link has the latest digest of the row, which then is the row's."""
    table, key, digest = entry
    row = connection.execute(_about("chained_row", table), json.loads(key)).fetchone()
    if row is None:
        raise StoreError(f"table {table}, row {key}: expected the row of link {link.num}, found none")
    if not isinstance(row["link"], int) or row["link"] < link.num:
        raise StoreError(f"table {table}, row {key}: expected link {link.num} or a later one, found {row['link']}")
    if row["link"] > link.num:
        return False
    found = _digest(table, row, _columns(link.schema)[table])
    if found != digest:
        raise StoreError(
            f"table {table}, row {key}: expected digest {_shown(link.num, digest)}, found {_shown(link.num, found)}"
        )
    return True


def _prove_counts(connection: sqlite3.Connection, found: Counter[str], entries: int) -> None:
    """Each row was found in its link once: if there are more rows, some are in none."""
    (total,) = queries().count_link_rows(connection)
    if total != entries:
        raise StoreError(f"table link_row: expected {entries} rows, found {total}")
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    for table, keys in CHAINED.items():
        if not _columns(schema)[table]:
            continue  # a table of later
        (count,) = connection.execute(_about("count_chained_rows", table)).fetchone()
        if count != found[table]:
            key = _stray(connection, table, keys)
            raise StoreError(
                f"table {table}, row {key}: expected {found[table]} rows that a link has, "
                f"found {count}, of which this one is in no link that it names"
            )


def _stray(connection: sqlite3.Connection, table: str, keys: tuple[str, ...]) -> str:
    """The key of the first row that is not in the link it names."""
    for row in connection.execute(_about("chained_rows", table)):
        key = _json([row[column] for column in keys])
        if not queries().is_in_link(connection, link=row["link"], tbl=table, key=key)[0]:
            return key
    return "?"
