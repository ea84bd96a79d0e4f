"""What the API's document says of the whole API, and how it is shown."""

from typing import Any

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "ToGo",
    "VERSION": "0.1.0",
    "DESCRIPTION": (
        "Assign tasks to people, day by day, and never give anyone more than they can take.\n\n"
        "Sign in with `POST /api/users/token/` and send `Authorization: Bearer <access>`. "
        "Dates are `YYYY-MM-DD`, times are in UTC, ids are JSON integers; nothing is converted, and nothing unknown is "
        "taken. Lists come in pages: follow `next` and `previous` as they are. Refusals are "
        "`application/problem+json` with a `code` for programs; `type` leads to what it means and what to do. "
        "Calls that create take an `Idempotency-Key`, so that they can be sent again when an answer got lost."
    ),
    "TAGS": [
        {"name": "Tokens", "description": "Signing in and out."},
        {"name": "Assignments", "description": "Who is given what, and when."},
        {"name": "Availability", "description": "Who is free on a day, and when a person is."},
        {"name": "Limits", "description": "How much people can take on a day."},
        {"name": "Limit rules", "description": "What limits are picked from: defaults, weekdays, holidays, days off."},
        {"name": "Tasks", "description": "The catalogue."},
        {"name": "People", "description": "Who there is, and oneself."},
        {"name": "Import and export", "description": "CSV files of assignments."},
        {"name": "Calendar", "description": "One's own days in programs that show calendars."},
        {"name": "History", "description": "What happened, by whom and when."},
        {"name": "Health", "description": "For operators."},
    ],
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "AssignmentStatus": "apps.models.assignments.Status",
        "ImportStatus": "apps.models.imports.ImportStatus",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}
