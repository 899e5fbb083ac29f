"""What else may be expected of an answer by HTTP: its version, who gave it, a JSON Schema, its time, alternatives.

Looked at after what http.py judges itself, in this order.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from anyio import to_thread
from pydantic import AfterValidator, BeforeValidator, Field

from prober.core.model import Outcome
from prober.core.reason import Reason
from prober.options import DurationMs, Options, mistake, show_duration
from prober.probes.boundary import Attempt, Judgement
from prober.probes.expectations import COMPARISONS, OF_TEXTS, unmet_by_any, unmet_json, wanted
from prober.wire.http1 import Response
from prober.wire.json_query import document, query
from prober.wire.pattern import pattern
from prober.wire.request import NAME

if TYPE_CHECKING:
    from jsonschema_rs import Validator

TOTAL = "total"
_SHORT = 16 * 1024  # bytes of JSON: looked at within a few milliseconds
_SHOWN = 200  # characters
_MOST_SCHEMA = 1024 * 1024
_LONGEST_EXPRESSION = 1024

Span = Literal["resolve", "connect", "tls", "send", "processing", "transfer", "total"]


def header_wants(table: dict[str, Any]) -> dict[str, Any]:
    """The table of expect_header, checked."""
    for name, written in table.items():
        if not NAME.fullmatch(name):
            raise mistake('header names such as "Content-Type"', f'"{name}"')
        if not isinstance(written, str | dict):
            raise mistake(f"a text or comparisons for {name}", f"a {type(written).__name__}")
        wanted(written, name, OF_TEXTS)
    return table


def json_wants(table: dict[str, Any]) -> dict[str, Any]:
    """The table of expect_json, checked."""
    for path, written in table.items():
        try:
            query(path)
        except ValueError as error:
            raise mistake('JSONPaths such as "$.status"', f'"{path}": {error}') from None
        wanted(written, path, COMPARISONS)
    return table


HeaderWants = Annotated[dict[str, Any], AfterValidator(header_wants)]
JsonWants = Annotated[dict[str, Any], AfterValidator(json_wants)]


class Alternative(Options):
    """One of the tables of `any`."""

    expect_header: HeaderWants = Field(default={})
    """What headers of the answer must be."""
    expect_body: str | None = Field(default=None, min_length=1, max_length=1024)
    """A text that the body must contain."""
    expect_not_body: str | None = Field(default=None, min_length=1, max_length=1024)
    """A text that the body must not contain."""
    expect_json: JsonWants = Field(default={})
    """What is found in the body by JSONPath must be."""

    @property
    def needs_body(self) -> bool:
        """Whether it says something of the body."""
        return bool(self.expect_body or self.expect_not_body or self.expect_json)

    def unmet(self, response: Response) -> str | None:
        """Why the answer is none such; None if it is."""
        headers = {name: wanted(written, name, OF_TEXTS) for name, written in self.expect_header.items()}
        for name, want in headers.items():
            said = [value.decode("latin-1").strip() for value in response.fields.get(name.lower().encode(), ())]
            why = unmet_by_any(want, said)
            if why is not None:
                return f"header {name}: {why}"
        if self.expect_body and self.expect_body.encode() not in response.content:
            return "the body does not contain the expected text"
        if self.expect_not_body and self.expect_not_body.encode() in response.content:
            return "the body contains the text of expect_not_body"
        wants = {path: wanted(written, path, COMPARISONS) for path, written in self.expect_json.items()}
        return unmet_json(response.content, wants) if wants else None


def _network(value: object) -> object:
    try:
        ip_network(value if isinstance(value, str) else "")
    except ValueError:
        raise mistake('a network such as "192.0.2.0/24" or an address') from None
    return value


def _expression(value: object) -> object:
    expected = f"a regular expression of 1 to {_LONGEST_EXPRESSION} characters"
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_EXPRESSION:
        raise mistake(expected)
    try:
        pattern(value)
    except ValueError as error:
        raise mistake(expected, f"{json.dumps(value[:_SHOWN])}: {error}") from None
    return value


def _schema_file(path: str) -> str:
    try:
        schema(path)
    except OSError as error:
        raise mistake("a readable file with a JSON Schema", f'"{path}": {error.strerror}') from None
    except ValueError as error:
        raise mistake("a readable file with a JSON Schema", f'"{path}": {str(error)[:_SHOWN]}') from None
    return path


Network = Annotated[str, BeforeValidator(_network)]
Expression = Annotated[str, BeforeValidator(_expression)]
SchemaFile = Annotated[str, AfterValidator(_schema_file)]
Within = dict[Span, DurationMs]


@functools.lru_cache(maxsize=64)
def schema(path: str) -> "Validator":
    """What judges by the JSON Schema in a file. OSError, or ValueError with what is wrong with it."""
    from jsonschema_rs import RegexOptions, ValidationError, validator_for

    with Path(path).open("rb") as file:
        content = file.read(_MOST_SCHEMA + 1)
    if len(content) > _MOST_SCHEMA:
        raise ValueError(f"it is larger than {_MOST_SCHEMA} bytes")
    try:
        return validator_for(document(content), retriever=_nowhere, pattern_options=RegexOptions())
    except ValidationError as error:
        raise ValueError(error.message) from None


def _nowhere(uri: str) -> Any:
    """A schema is one file: what it refers to elsewhere is not fetched."""
    raise ValueError(f"it refers to {uri}")


class More:
    """Prepared once. expressions: with each whether it must be found in the body, or must not."""

    def __init__(
        self,
        versions: Iterable[str],
        networks: Iterable[str],
        schema_file: str | None,
        within: Mapping[Span, int],
        alternatives: Iterable[Alternative],
        severity: Literal["down", "degraded"],
        expressions: Iterable[tuple[str, bool]] = (),
    ) -> None:
        self._versions = tuple(versions)
        self._networks = tuple(map(ip_network, networks))
        self._schema = None if schema_file is None else schema(schema_file)
        self._within = dict(within)
        self._alternatives = tuple(alternatives)
        self._outcome = Outcome(severity)
        self._expressions = tuple((text, pattern(text), must) for text, must in expressions)

    @property
    def needs_body(self) -> bool:
        """Whether the body is wanted as a whole."""
        return self._schema is not None or bool(self._expressions) or any(one.needs_body for one in self._alternatives)

    @property
    def fields(self) -> frozenset[bytes]:
        """The headers whose values are wanted, in lower case."""
        return frozenset(name.lower().encode() for one in self._alternatives for name in one.expect_header)

    async def unmet(self, response: Response, attempt: Attempt) -> Judgement | None:
        """What is wrong with the answer; None if nothing is."""
        if self._versions and response.version not in self._versions:
            told = f"expected HTTP/{' or '.join(self._versions)}, found HTTP/{response.version}"
            return Judgement(self._outcome, Reason.EXPECT_VERSION, told)
        ip = str(attempt.facts.get("ip", ""))
        if self._networks and not _is_within(ip, self._networks):
            told = f"expected an address in {', '.join(map(str, self._networks))}, found {ip}"
            return Judgement(self._outcome, Reason.EXPECT_ADDRESS, told)
        if self._schema is not None or self._alternatives or self._expressions:
            if len(response.content) < _SHORT:
                found = self._unmet_body(response)
            else:
                found = await to_thread.run_sync(self._unmet_body, response, abandon_on_cancel=True)
            if found is not None:
                return found
        return self._slow(attempt)

    def _unmet_body(self, response: Response) -> Judgement | None:
        if self._expressions:
            text = response.content.decode("utf-8", "replace")
            for written, found_in, must in self._expressions:
                if found_in(text) is not must:
                    told = "does not match" if must else "matches"
                    return Judgement(self._outcome, Reason.EXPECT_BODY, f"the body {told} {written}"[:_SHOWN])
        if self._schema is not None:
            why = _unmet_schema(self._schema, response.content)
            if why is not None:
                return Judgement(self._outcome, Reason.EXPECT_JSON, why)
        whys = []
        for one in self._alternatives:
            why = one.unmet(response)
            if why is None:
                return None
            whys.append(why)
        told = f"none of the alternatives holds: {'; '.join(whys)}"
        return Judgement(self._outcome, Reason.EXPECT_ANY, told[:_SHOWN]) if whys else None

    def _slow(self, attempt: Attempt) -> Judgement | None:
        """The first span that took too long."""
        if not self._within:
            return None
        watch = attempt.watch
        watch.stop()
        took_us: dict[str, int] = {phase.value: us for phase, us in watch.phases_us()} | {TOTAL: watch.took_us}
        for span, most_ms in self._within.items():
            if took_us.get(span, 0) > most_ms * 1000:
                told = f"{span} took {took_us[span] / 1000:.1f} ms, more than {show_duration(most_ms)}"
                return Judgement(self._outcome, Reason.EXPECT_TIME, told)
        return None


def _is_within(ip: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    address = ip_address(ip)
    return any(address.version == network.version and address in network for network in networks)


def _unmet_schema(validator: "Validator", content: bytes) -> str | None:
    try:
        whole = document(content)
    except ValueError as error:
        return f"the body is no JSON: {error}"
    wrong = next(validator.iter_errors(whole), None)
    if wrong is None:
        return None
    where = "".join(f"[{json.dumps(step)}]" for step in wrong.instance_path)
    return f"${where[:_SHOWN]} is not as the schema says, at {_pointer(wrong.schema_path)}"


def _pointer(path: Iterable[str | int]) -> str:
    return ("/" + "/".join(map(str, path)))[:_SHOWN]
