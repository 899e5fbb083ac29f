"""The native dialect in OpenAPI 3.1, made of the same types that validate; and the page that shows it.

Every operation stands here once; a test holds the list against the routes.
"""

import html
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from prober import __version__
from statusapi.api_keys import KeyFields
from statusapi.dialects.native_answers import ANSWERS, MESSAGE, Schema
from statusapi.orders import (
    AcknowledgeFields,
    ExtendFields,
    MoveFields,
    OpenFields,
    PinFields,
    PostFields,
    ScheduleFields,
    StepFields,
)
from statusapi.subscribers import SubscriberFields

PREFIX = "/api/prober/v1"
EVENTS = "text/event-stream"


class Query(NamedTuple):
    """A parameter of the query."""

    name: str
    schema: dict[str, Any]
    text: str


class Operation(NamedTuple):
    """One method of one path. fields: its body, or the schema of that. done: the status of success."""

    method: str
    path: str
    text: str
    fields: type[BaseModel] | Schema | None = None
    queries: Sequence[Query] = ()
    done: int = 200
    is_open: bool = False
    media: str = "application/json"


_AT = Query("at", {"type": "string", "format": "date-time"}, "The moment that is asked about; now without it.")
_AFTER = Query(
    "after", {"type": "string", "pattern": "^[0-9]{1,15}-[0-9]{1,6}$"}, "From the transition with this id on."
)
_LIMIT = Query("limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}, "How many at most.")
_COUNT = Query("count", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 5}, "How many at most.")
_OPEN = Query("open", {"type": "string", "enum": ["true", "false"]}, "Only those that are open.")

_MOMENT = {"type": "string", "format": "date-time"}
_SPAN = (Query("from", _MOMENT, "From this moment on."), Query("to", _MOMENT, "Up to this moment."))
_STEP = Query("step", {"type": "string"}, 'How long a step is, such as "1h".')
_SITE = Query("site", {"type": "string"}, "Only of this site.")
_CHANNEL = Query("channel", {"type": "string"}, "Only of this channel.")
_PROGRESS = Query("progress", {"type": "string", "enum": ["pending", "delivered", "failed"]}, "Only those.")
_AS = {"type": "string", "enum": ["out", "up", "down"]}
_WEIGHT = {"type": "number", "minimum": 0, "maximum": 1}
_UPTIME = (
    *_SPAN,
    Query("maintenance", _AS, "What time under maintenance counts as."),
    Query("unknown", _AS, "What time that was not watched counts as."),
    Query("degraded_weight", _WEIGHT, "How much of degraded time counts as up."),
    Query("partial_weight", _WEIGHT, "How much of a partial outage counts as up."),
    Query("hours", {"type": "string"}, "Hours of service, such as Mo-Fr 08:00-18:00."),
    Query("zone", {"type": "string"}, "Whose hours these are."),
)

OPERATIONS = (
    Operation("get", "/", "This reference, for people.", is_open=True, media="text/html"),
    Operation("get", "/openapi.json", "This reference, for programs.", is_open=True),
    Operation("get", "/status", "What every component showed at a moment.", queries=[_AT]),
    Operation("get", "/transitions", "What has changed, in order.", queries=[_AFTER, _LIMIT]),
    Operation("get", "/stream", "The same as it happens: server-sent events.", queries=[_AFTER], media=EVENTS),
    Operation("get", "/checks", "Every check with its verdict and its latest answer."),
    Operation("get", "/checks/{id}", "One check."),
    Operation("post", "/checks/{id}/probe", "Probe a check now; the answer is the check as it was.", done=202),
    Operation("get", "/checks/{id}/observations", "Raw answers of a check, newest first.", queries=[_AT, _LIMIT]),
    Operation("get", "/checks/{id}/latency", "How long a check took, in steps and in all.", queries=[*_SPAN, _STEP]),
    Operation("get", "/notices", "The newest messages that were owed, newest first.", queries=[_CHANNEL, _PROGRESS]),
    Operation("get", "/notices/{id}", "One message with every attempt to deliver it."),
    Operation("post", "/notices/{id}/replay", "Owe a message again, under the same id."),
    Operation("get", "/channels", "Each channel: what it is owed, and since when it fails or is disabled."),
    Operation("post", "/channels/{id}/enable", "Serve a disabled channel again."),
    Operation("post", "/channels/{id}/test", "Send a notice marked as a test; it is the channel's drill.", done=201),
    Operation("get", "/alert-path", "Whether people would be told of trouble, and how each channel stands."),
    Operation("get", "/components", "What every component shows, and what a person has set."),
    Operation("get", "/components/{id}", "What one component shows, and what a person has set."),
    Operation("get", "/components/{id}/uptime", "How much of a time it was up, and the intervals.", queries=_UPTIME),
    Operation("post", "/components/{id}/pin", "Let a component show a status.", PinFields),
    Operation("delete", "/components/{id}/pin", "Let it show again what its checks say."),
    Operation(
        "get", "/components/{id}/explain", "Why a component showed what it showed, and who was told.", queries=[_AT]
    ),
    Operation("post", "/alertmanager", "What Alertmanager posts to a webhook receiver.", MESSAGE),
    Operation("get", "/incidents", "The newest incidents, newest first.", queries=[_OPEN, _AT]),
    Operation("post", "/incidents", "Open an incident by hand.", OpenFields, done=201),
    Operation("get", "/incidents/{num}", "One incident with its timeline.", queries=[_AT]),
    Operation("post", "/incidents/{num}/updates", "Add an entry to a timeline.", PostFields, done=201),
    Operation("post", "/incidents/{num}/acknowledge", "Say that somebody knows.", AcknowledgeFields),
    Operation("get", "/maintenances", "Planned work under way, to come, and of late; what starts last first."),
    Operation("post", "/maintenances", "Plan work.", ScheduleFields, done=201),
    Operation("get", "/maintenances/{id}", "One maintenance with its timeline and what it has hidden."),
    Operation("post", "/maintenances/{id}/start", "Start it now.", StepFields),
    Operation("post", "/maintenances/{id}/extend", "Let it end later.", ExtendFields),
    Operation("post", "/maintenances/{id}/move", "Give it other times or components.", MoveFields),
    Operation("post", "/maintenances/{id}/end", "End it now.", StepFields),
    Operation("post", "/maintenances/{id}/cancel", "Call it off before it has started.", StepFields),
    Operation("get", "/maintenances/{id}/next", "The next times of declared work.", queries=[_COUNT]),
    Operation("get", "/subscribers", "Readers who asked for mails, and when they confirmed.", queries=[_SITE]),
    Operation("post", "/subscribers", "Have a mailbox asked whether it wants mails.", SubscriberFields, done=202),
    Operation("delete", "/subscribers/{id}", "Send nothing more to a subscriber, and forget the address."),
    Operation("get", "/keys", "The keys that were made; never what they are."),
    Operation("post", "/keys", "Make a key, which is told once.", KeyFields, done=201),
    Operation("delete", "/keys/{id}", "Revoke a key."),
)

QUERIES = {(one.method, one.path): [query.name for query in one.queries] for one in OPERATIONS}
"""By method and path: which parameters the query may have."""

_REFUSALS = {
    400: "The request can't be read, or a field can't be so.",
    401: "There is no known key.",
    403: "The key is good for less.",
    404: "There is nothing here, or it is somebody else's.",
    405: "This method is not offered here.",
    409: "It does not fit what stands.",
    412: "It is not what If-Match says any more.",
    413: "The body is too large.",
    415: "The body is said to be something else than JSON.",
    422: "The Idempotency-Key came with another body before.",
    429: "There are too many requests.",
    503: "The store does not take it now.",
}
_DURATION = {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$", "examples": ["30s", "1h30m"]}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}


def document() -> dict[str, Any]:
    """The whole API as OpenAPI has it."""
    paths: dict[str, dict[str, Any]] = {}
    schemas: dict[str, Any] = {"Error": _ERROR}
    for operation in OPERATIONS:
        paths.setdefault(PREFIX + operation.path, {})[operation.method] = _operation(operation)
        if isinstance(operation.fields, type):
            schema = _read(operation.fields.model_json_schema(ref_template="#/components/schemas/{model}"))
            schemas |= schema.pop("$defs", {})
            schemas[operation.fields.__name__] = schema
    return {
        "openapi": "3.1.0",
        "info": {"title": "prober", "version": __version__, "description": "What the other dialects cannot say."},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "security": [{"key": []}],
    }


def _read(schema: Any) -> Any:
    """What a type says of itself, with durations as people write them."""
    if isinstance(schema, dict):
        if schema.get("format") == "duration":
            return _DURATION
        return {key: _read(value) for key, value in schema.items()}
    return [_read(one) for one in schema] if isinstance(schema, list) else schema


def _operation(operation: Operation) -> dict[str, Any]:
    schema = ANSWERS.get(f"{operation.method} {operation.path}", {})
    done = {"description": "Done.", "content": {operation.media: {"schema": schema}}}
    refused = {
        str(status): {
            "description": text,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for status, text in _REFUSALS.items()
    }
    made: dict[str, Any] = {
        "operationId": f"{operation.method}{operation.path.replace('/', '_')}".replace("{", "").replace("}", ""),
        "summary": operation.text,
        "parameters": [*_path_parameters(operation), *_other_parameters(operation)],
        "responses": {str(operation.done): done, **refused},
    }
    if operation.is_open:
        made["security"] = []
    if operation.fields is not None:
        made["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _body(operation.fields)}},
        }
    return made


def _body(fields: type[BaseModel] | Schema) -> Schema:
    return {"$ref": f"#/components/schemas/{fields.__name__}"} if isinstance(fields, type) else fields


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    types = {"{id}": ("id", {"type": "string"}), "{num}": ("num", {"type": "integer", "minimum": 1})}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for mark, (name, schema) in types.items()
        if mark in operation.path
    ]


def _other_parameters(operation: Operation) -> list[dict[str, Any]]:
    found = [{"name": q.name, "in": "query", "schema": q.schema, "description": q.text} for q in operation.queries]
    if (operation.method == "post" and operation.path != "/alertmanager") or operation.path.endswith("/pin"):
        text = "A request with the same one is carried out once in a day."
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append({"name": "Idempotency-Key", "in": "header", "schema": schema, "description": text})
    is_of_one = operation.path.startswith(("/incidents/", "/maintenances/")) or operation.path.endswith("/pin")
    if operation.method in ("post", "delete") and is_of_one:
        text = "The ETag of it as it was read: if it is another by now, nothing is done."
        found.append({"name": "If-Match", "in": "header", "schema": {"type": "string"}, "description": text})
    return found


def viewer() -> str:
    """The document as a page for people: no script, no style from elsewhere."""
    told = document()
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>prober API</title>",
        "<meta name='viewport' content='width=device-width'><h1>prober API</h1>",
        f"<p>With <code>Authorization: Bearer &lt;key&gt;</code>. <a href='{PREFIX}/openapi.json'>openapi.json</a></p>",
    ]
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            summary, place = html.escape(operation["summary"]), html.escape(path)
            parts.append(f"<h2><code>{method.upper()} {place}</code></h2><p>{summary}</p>")
            parts += [_row(one) for one in operation["parameters"]]
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                name = schema.get("$ref", "Message").rpartition("/")[2]
                shown = json.dumps(told["components"]["schemas"].get(name, schema)["properties"], indent=2)
                parts.append(f"<details><summary>{name}</summary><pre>{html.escape(shown)}</pre></details>")
    return "\n".join(parts)


def _row(parameter: dict[str, Any]) -> str:
    text = html.escape(parameter.get("description", ""))
    return f"<p><code>{parameter['name']}</code> ({parameter['in']}) {text}</p>"
