"""What every log line carries, and what no log line may hold.

Every request has an id that its answer and all its log lines carry, and those of the jobs that it asked for.
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

# Whoever has the link to a calendar can read the calendar.
_CALENDAR_LINK = re.compile(r"(/calendar/)(?!token/)[^/\s]+")


def current_request_id() -> str | None:
    """The id of the request that is being answered, or that asked for the job that is being done."""
    return _request_id.get()


def begin_job(*, job_id: str | None, request_id: str | None) -> None:
    """Mark what this thread logs from now on with a job's id and the id of the request that asked for it.

    `request_id` is None for the jobs that beat sends.
    """
    _job_id.set(job_id)
    _request_id.set(request_id)


def end_job() -> None:
    """Mark nothing more with the ids of a job."""
    begin_job(job_id=None, request_id=None)


class RequestIdMiddleware:
    """Takes over the caller's `X-Request-ID` of up to 128 visible characters, or makes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with the id."""
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
        """Lets everything through."""
        record.request_id = _request_id.get()
        if job_id := _job_id.get():
            record.job_id = job_id
        return True


class MaskingFilter(logging.Filter):
    """Masks the token in a calendar's link: nothing else that is logged holds a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets everything through."""
        message = record.getMessage()
        if _CALENDAR_LINK.search(message):
            record.msg, record.args = _CALENDAR_LINK.sub(r"\1***", message), None
        return True


def log_settings(folder: Path, *, console_level: str) -> dict[str, Any]:
    """Django's LOGGING: errors and the limit job's runs go to files in `folder`, and `console_level` is printed."""
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
                # Whole requests would carry headers, and so tokens, into the log.
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
            "limits": _log_file(folder / "togo_task_pick_limit_debug.log", "INFO"),
        },
        "root": {"handlers": ["console", "errors"], "level": "INFO"},
        "loggers": {
            "apps.limits": {"handlers": ["limits"], "level": "INFO"},
            # Refusals are answers, not errors: only what went wrong here is logged.
            "django.request": {"level": "ERROR"},
            # A wrong host or a forged form: with its traceback anyone could push the errors out of the log.
            "django.security": {"level": "CRITICAL"},
        },
    }


def _log_file(path: Path, level: str) -> dict[str, Any]:
    """One JSON object per line; 10 files of 10 MB; rotation is safe for several processes."""
    return {
        "class": "concurrent_log_handler.ConcurrentRotatingFileHandler",
        "filename": str(path),
        "maxBytes": 10_000_000,
        "backupCount": 10,
        "formatter": "json",
        "filters": ["request_id", "masking"],
        "level": level,
    }
