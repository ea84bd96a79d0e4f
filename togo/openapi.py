"""The general part of the OpenAPI document, and the settings of the pages that show it."""

from typing import Any

from togo.version import VERSION

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "ToGo",
    "VERSION": VERSION,
    "DESCRIPTION": (
        "Assign tasks to people, day by day, and never give anyone more than they can take.\n\n"
        "Sign in with `POST /api/users/token/` and send `Authorization: Bearer <access>`; programs send an API key "
        "instead. "
        "Dates are `YYYY-MM-DD`, times are in UTC, ids are JSON integers; values aren't converted, and unknown fields "
        "are refused. Lists come in pages: follow the links `next` and `previous` unchanged. Refusals are "
        "`application/problem+json` with a `code` for programs; `type` links to its meaning and what to do about it. "
        "Calls that create accept an `Idempotency-Key`, so that you can send them again when an answer got lost."
    ),
    "TAGS": [
        {"name": "Tokens", "description": "Signing in and out."},
        {"name": "Assignments", "description": "Which tasks people have on which dates."},
        {"name": "Waiting", "description": "Tasks that wait for room on full days."},
        {"name": "Handing back", "description": "Tasks that people can't do, and placing them again."},
        {"name": "Series", "description": "Tasks that come again by a rule, for one person or for several in turns."},
        {"name": "Availability", "description": "Who is free on a date, and on which dates a person is free."},
        {"name": "Limits", "description": "How many tasks each person may be given on a date."},
        {"name": "Limit rules", "description": "Limits are picked from them: defaults, weekdays, holidays, days off."},
        {"name": "Tasks", "description": "The catalogue of tasks."},
        {"name": "People", "description": "The list of people, and yourself."},
        {"name": "API keys", "description": "With a key a program calls as you, within the key's scope."},
        {
            "name": "Distributions",
            "description": "Plans that share out many tasks; nothing is assigned before one is applied.",
        },
        {"name": "Import and export", "description": "CSV files of assignments."},
        {"name": "Calendar", "description": "Your own assignments in calendar programs."},
        {"name": "History", "description": "Who changed what, and when."},
        {"name": "Messages", "description": "What you are told by e-mail."},
        {"name": "Webhooks", "description": "URLs that are told what happens."},
        {"name": "Version", "description": "Which versions of ToGo and of its API answer."},
        {"name": "Health", "description": "For operators."},
    ],
    "OAS_VERSION": "3.1.0",
    "WEBHOOKS": ["apps.views.webhooks.api.event_message"],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AddressState": "apps.serializers.notifications.STATES",
        "ApiKeyScope": "apps.models.api_keys.Scope",
        "AssignmentStatus": "apps.models.assignments.Status",
        "DeliveryStatus": "apps.models.webhooks.Status",
        "When": "apps.models.notifications.When",
        "ImportStatus": "apps.models.imports.ImportStatus",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}
