"""Answers with an `ETag`, and with 304 if the caller has the same bytes already."""

import datetime
import hashlib
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils.http import http_date, parse_etags, parse_http_date_safe


def conditional(
    request: HttpRequest | Any,
    body: bytes,
    *,
    content_type: str,
    cache_control: str,
    last_modified: datetime.datetime | None = None,
) -> HttpResponse:
    """These bytes, or 304 if `If-None-Match` or, without it, `If-Modified-Since` says that the caller has them."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": cache_control}
    if last_modified:
        headers["Last-Modified"] = http_date(last_modified.timestamp())
    if _has(request, etag, last_modified):
        return HttpResponseNotModified(headers=headers)
    return HttpResponse(body, content_type=content_type, headers=headers)


def _has(request: HttpRequest | Any, etag: str, last_modified: datetime.datetime | None) -> bool:
    """Whether the caller has it: compares tags weakly, and dates only without a tag (RFC 9110, 13.1.2 and 13.1.3)."""
    if tags := request.headers.get("If-None-Match"):
        known = parse_etags(tags)
        return known == ["*"] or etag in {one.removeprefix("W/") for one in known}
    since = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return since is not None and last_modified is not None and int(last_modified.timestamp()) <= since
