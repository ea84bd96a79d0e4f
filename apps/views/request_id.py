"""Gives every request an id that its answer and all its log lines carry, and those of the jobs that it asked for."""

import contextvars
import logging
import re
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_VISIBLE = re.compile(r"[!-~]{1,128}", re.ASCII)
_request_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("request_id", default=None)
_job_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("job_id", default=None)


def current() -> str | None:
    """The id of the request that is being answered, or that asked for the job that is being done."""
    return _request_id.get()


def begin_job(*, job_id: str | None, request_id: str | None) -> None:
    """What is logged from now on is of this job, asked for by this request or, without an id, by beat."""
    _job_id.set(job_id)
    _request_id.set(request_id)


def end_job() -> None:
    """What is logged from now on is of no job."""
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
    """Adds the request's id to what is logged while it is answered, and the job's while it is done."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets everything through."""
        record.request_id = _request_id.get()
        if job_id := _job_id.get():
            record.job_id = job_id
        return True
