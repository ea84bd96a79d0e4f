"""Adds ids to log lines, and masks secrets in them.

Every request has an id. Its answer and its log lines carry it, and so do the log lines of the jobs that it sent.
"""

import contextvars
import logging
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from pythonjsonlogger.core import RESERVED_ATTRS

_VISIBLE = re.compile(r"[!-~]{1,128}", re.ASCII)
_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)
_job_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("job_id", default=None)

# The links of calendars and those to choose a password are secrets: anyone who has one can use it.
_LINK = re.compile(r"(/calendar/|/password/)(?!token/)[^/\s]+")
# An API key, in whatever part of a message. Names in the code and the database have underscores, and no such length.
_API_KEY = re.compile(r"(togo_)[0-9A-Za-z-]{28,}")


def current_request_id() -> str | None:
    """The id of the current request, or of the request that sent the current job."""
    return _request_id.get()


def begin_job(*, job_id: str | None, request_id: str | None) -> None:
    """Add the ids of a job and of the request that sent it to the lines that this thread logs from now on.

    `request_id` is None for the jobs that beat sends.
    """
    _job_id.set(job_id)
    _request_id.set(request_id)


def end_job() -> None:
    """Stop adding the ids of a job to this thread's log lines."""
    begin_job(job_id=None, request_id=None)


class RequestIdMiddleware:
    """Uses the caller's `X-Request-ID` if it is 1 to 128 visible ASCII characters, else makes an id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, with the id in the header `X-Request-ID`."""
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _VISIBLE.fullmatch(given) else uuid.uuid4().hex
        token = _request_id.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            _request_id.reset(token)
        response["X-Request-ID"] = request_id
        return response


class RequestIdFilter(logging.Filter):
    """Adds the ids of the request and the job to each log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add them; every record is logged."""
        record.request_id = _request_id.get()
        if job_id := _job_id.get():
            record.job_id = job_id
        return True


class MaskingFilter(logging.Filter):
    """Masks API keys and the tokens in links, the only secrets that could reach the log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask it; every record is logged."""
        message = record.getMessage()
        masked = _API_KEY.sub(r"\1***", _LINK.sub(r"\1***", message))
        if masked != message:
            record.msg, record.args = masked, None
        return True


def log_settings(folder: Path, *, console_level: str) -> dict[str, Any]:
    """Django's LOGGING: warnings, errors and the limit job's runs go to files in `folder`; records of at least
    `console_level` are printed."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "request_id": {"()": "togo.logs.RequestIdFilter"},
            "masking": {"()": "togo.logs.MaskingFilter"},
        },
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": ["levelname", "name", "message", "request_id", "exc_info"],
                "timestamp": "at",
                "rename_fields": {"levelname": "level", "name": "logger"},
                # A whole request would put its headers, and so tokens, into the log.
                "reserved_attrs": [*RESERVED_ATTRS, "request"],
            },
            "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["masking"],
                "level": console_level,
            },
            "errors": _log_file(folder / "debug.log", "WARNING"),
            "archive": _log_file(folder / "archive.log", "INFO"),
            "limits": _log_file(folder / "togo_task_pick_limit_debug.log", "INFO"),
        },
        "root": {"handlers": ["console", "errors"], "level": "INFO"},
        "loggers": {
            "apps.archive": {"handlers": ["archive"], "level": "INFO"},
            "apps.limits": {"handlers": ["limits"], "level": "INFO"},
            # Refusals are answers, not errors: log only ToGo's own failures.
            "django.request": {"level": "ERROR"},
            # Not a wrong host or a forged form: anyone could push the errors out of the log with such tracebacks.
            "django.security": {"level": "CRITICAL"},
        },
    }


def _log_file(path: Path, level: str) -> dict[str, Any]:
    """A log file with a JSON object per line and 10 older files, 10 MB each; several processes may rotate it."""
    return {
        "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
        "filename": str(path),
        "maxBytes": 10_000_000,
        "backupCount": 10,
        "formatter": "json",
        "filters": ["request_id", "masking"],
        "level": level,
    }
