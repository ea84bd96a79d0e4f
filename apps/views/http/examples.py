"""Generates the examples of the OpenAPI document from the serializers, so that a new call has some by itself."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from drf_spectacular.drainage import get_override
from drf_spectacular.utils import OpenApiExample, OpenApiRequest, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers

# The example value of each field name; `_LEFT_OUT` leaves the field out. The key is `Serializer.field` if a name has
# several meanings. A field with choices shows its first choice. A field without an example fails the generation and a
# test.
_LEFT_OUT = object()
_VALUES: dict[str, Any] = {
    "BulkResultSerializer.error": _LEFT_OUT,
    "DeliverySerializer.event": 9,
    "DeliverySerializer.status": "delivered",
    "MessageSerializer.type": "assignment.assigned",
    "WebhookChangeSerializer.url": "https://example.org/togo",
    "WebhookSerializer.id": 1,
    "WebhookSerializer.url": "https://example.org/togo",
    "ApiKeyCreateSerializer.name": "nightly import",
    "ApiKeySerializer.name": "nightly import",
    "AssignmentSerializer.id": 7,
    "DigestSerializer.at": "07:00",
    "NotificationChangeSerializer.digest": {"at": "07:00", "weekdays": [0, 1, 2, 3, 4]},
    "NotificationChangeSerializer.events": {
        "assigned": "now",
        "moved": "digest",
        "unassigned": "off",
        "returned": "now",
    },
    "NotificationSerializer.events": {"assigned": "now", "moved": "digest", "unassigned": "off", "returned": "now"},
    "BulkResultSerializer.status": 201,
    "DailyLimitSetSerializer.reason": "Leaves at noon",
    "DistributionSerializer.id": 1,
    "DistributionSerializer.expires_at": "2026-03-03T12:00:00Z",
    "ImportSerializer.detail": "",
    "ImportSerializer.id": 1,
    "ImportSerializer.status": "running",
    "LimitRuleSerializer.id": 1,
    "ReadinessSerializer.status": "degraded",
    "SourceSerializer.kind": "person",
    "TaskChangeSerializer.url": "https://wiki.example.org/cooking",
    "SeriesSerializer.id": 1,
    "SeriesSerializer.date_to": None,
    "SeriesSerializer.effort": None,
    "OccurrenceSerializer.code": "",
    "TaskSerializer.id": 1,
    "TaskSerializer.url": "https://wiki.example.org/cooking",
    "UserSerializer.id": 2,
    "access": "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxfQ.Hr3aBXx8b1uE4",
    "accepted": 2,
    "actor": 1,
    "answer": "",
    "applied_at": "2026-03-02T12:00:00.250000Z",
    "assignment": 7,
    "attempts": 1,
    "after": 3,
    "at_most": 1,
    "before": 2,
    "assigned_on": "2026-03-02",
    "assigned_to": 2,
    "at": "2026-03-02T12:00:00Z",
    "created_at": "2026-03-02T12:00:00Z",
    "count": 1,
    "data": {},
    "date": "2026-03-02",
    "date_from": "2026-03-02",
    "date_to": "2026-03-06",
    "deadline": "2026-03-31",
    "dates": ["2026-03-02"],
    "detail": "",
    "done": 3,
    "dry_run": False,
    "NotificationSerializer.digest": {"at": "07:00", "weekdays": [0, 1, 2, 3, 4]},
    "NotificationSerializer.channel_state": "ready",
    "NotificationSerializer.state": "ready",
    "effort": 1,
    "email": "bea@example.org",
    "channel": "ntfys://ntfy.sh/b...a",
    "channel_problem": "",
    "enabled": True,
    "error": "",
    "events": ["assignment.*"],
    "expires_at": "2027-03-02T12:00:00Z",
    "filled_to": "2026-05-01",
    "file": "task,user,date\r\ncooking,b,2026-03-02\r\n",
    "finished_at": None,
    "first_name": "Bea",
    "from": "2026-03-02",
    "gone_at": None,
    "http_status": 204,
    "id": 12,
    "index": 0,
    "item": 0,
    "DistributionCreateSerializer.users": [2, 3],
    "DistributionItemSerializer.users": _LEFT_OUT,
    "ShortageSerializer.items": [0],
    "is_active": True,
    "is_admin": False,
    "is_taskmaster": False,
    "key": "togo_" + 20 * "x" + "-shown-once",
    "label": "Kitchen",
    "last_name": "Baker",
    "last_used_at": None,
    "maximum": 5,
    "message_id": "msg_0Zk3aXbVwq1uM9pLr5Tn2dYe",
    "name": "cooking",
    "note": "Lunch is at noon.",
    "new_password": "correct horse battery",
    "once": 0,
    "optimal": True,
    "next": "https://togo.example.org/api/users/assignment/?cursor=WzAsIjIwMjYtMDMtMDIiLDdd",
    "next_date": "2026-03-03",
    "next_free_date": "2026-03-03",
    "next_try_at": None,
    "old_secret_until": "2026-03-03T12:00:00Z",
    "old_password": "of my own choice",
    "otp": "492039",
    "password": "of my own choice",
    "paused": "",
    "position": 1,
    "prefix": "togo_7Fq2mZ",
    "previous": None,
    "reason": "Part time",
    "ReturnCreateSerializer.reason": "I am ill.",
    "ReturnedTaskSerializer.reason": "I am ill.",
    "reasons": ["No worker has set limits since 2026-03-02 12:00:00+00:00; check that a worker and beat are running."],
    "refresh": "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiJlNGM3In0.0cTq7lqXk2sZQ",
    "refusal": "",
    "refused": 1,
    "remaining": 4,
    "report": "https://togo.example.org/api/users/assignment/import/1/report.csv",
    "resume_at": None,
    "room": 1,
    "rows": 10,
    "rrule": "FREQ=WEEKLY;BYDAY=TU,TH",
    "shortage": 0,
    "rule": 1,
    "seconds": 0.041,
    "secret": "whsec_shown-once",
    "sent": '{"type":"webhook.test","timestamp":"2026-03-02T12:00:00Z","data":{}}',
    "taken": 1,
    "task": 1,
    "task_column": _LEFT_OUT,
    "user_column": _LEFT_OUT,
    "date_column": _LEFT_OUT,
    "effort_column": _LEFT_OUT,
    "task_name": "cooking",
    "taskmaster": 1,
    "url": "https://togo.example.org/api/users/assignment/import/1/",
    "CalendarLinkSerializer.url": "https://togo.example.org/api/users/calendar/2.0~hZ3kX9.ics",
    "text": "Every Tuesday and Thursday, from 2 March 2026",
    "timestamp": "2026-03-02T12:00:00Z",
    "tried_at": "2026-03-02T12:00:01Z",
    "user": 2,
    "SeriesCreateSerializer.date_to": _LEFT_OUT,
    "SeriesChangeSerializer.date_to": _LEFT_OUT,
    "SeriesCreateSerializer.users": _LEFT_OUT,
    "SeriesChangeSerializer.users": _LEFT_OUT,
    "SeriesSerializer.users": [2, 3],
    "weekdays": [0, 1, 2, 3, 4],
    "username": "b",
    "api": 1,
    "version": "0.1.0",
    "waiting": None,
    "wanted": 5,
    "ShortageSerializer.wanted": 2,
    "why": "40% busy with it; anybody else with room would be 60% busy or more.",
    "without": [],
    "weekday": None,
}


def of_call(request: Any, responses: Mapping[Any, Any]) -> list[OpenApiExample]:
    """An example of the request's body, and one of each response in JSON."""
    found = []
    for shape in _shapes(request):
        sends_file = any(isinstance(field, serializers.FileField) for field in shape().fields.values())
        media_type = "multipart/form-data" if sends_file else "application/json"
        found.append(OpenApiExample("Request", value=of(shape), request_only=True, media_type=media_type))
    for status, response in responses.items():
        # Errors have their examples from docs/errors.md, and another media type.
        for number, shape in enumerate([] if isinstance(status, tuple) else _shapes(response), start=1):
            name = f"Answer {number}"
            found.append(OpenApiExample(name, value=of(shape), response_only=True, status_codes=[str(status)]))
    return found


@cache
def of_problems() -> dict[str, Any]:
    """The example of each error code in docs/errors.md."""
    text = (settings.BASE_DIR / "docs" / "errors.md").read_text()
    examples = (json.loads(found) for found in re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    return {problem["code"]: problem for problem in examples}


def of_problem(code: str) -> Any:
    """The example of this error code."""
    return of_problems()[code]


def of(shape: Any) -> Any:
    """An example value of a serializer or a field."""
    serializer = shape() if isinstance(shape, type) else shape
    values = {name: _value(serializer, name, field) for name, field in serializer.fields.items()}
    return {name: value for name, value in values.items() if value is not _LEFT_OUT}


def _value(serializer: Any, name: str, field: Any) -> Any:
    for kind in type(serializer).__mro__:
        if (key := f"{kind.__name__}.{name}") in _VALUES:
            return _VALUES[key]
    if shape := get_override(getattr(serializer, f"get_{name}", None), "field"):
        return of(shape)
    if isinstance(field, serializers.ListSerializer):
        return [of(field.child)]
    if isinstance(field, serializers.BaseSerializer):
        return of(field)
    if isinstance(field, serializers.ListField) and isinstance(field.child, serializers.BaseSerializer):
        return [of(field.child)]
    if isinstance(field, serializers.ChoiceField):
        return next(iter(field.choices))
    return _VALUES[name]


def _shapes(described: Any) -> list[Any]:
    """The serializers of a request or response: one, several alternatives, or none."""
    shape = described
    if isinstance(described, OpenApiRequest | OpenApiResponse):
        shape = described.request if isinstance(described, OpenApiRequest) else described.response
    if isinstance(shape, PolymorphicProxySerializer):
        return list(shape.serializers)
    return [shape] if isinstance(shape, type) and issubclass(shape, serializers.BaseSerializer) else []
