"""`Idempotency-Key`: a call that is repeated with the same key is not done again."""

import functools
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request
from rest_framework.serializers import ErrorDetail, ValidationError

from apps.services.shared import idempotency
from apps.services.shared.permissions import require_person

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)

View = Callable[..., HttpResponseBase]


def idempotent(view: View) -> View:
    """Let a call that creates take an `Idempotency-Key` of 1 to 255 visible characters.

    With one, the view runs inside the transaction that keeps its answer; the same call is then answered the same, with
    `Idempotent-Replayed: true`, for 24 hours. Errors are not kept.
    """

    @functools.wraps(view)
    def once(self: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        if key is None:
            return view(self, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise ValidationError({HEADER: ErrorDetail("This must be 1 to 255 visible ASCII characters.", "invalid")})
        actor = require_person(request.user)
        # The key is written before the view does anything.
        actor.confirm()
        answer = idempotency.once(
            actor=actor,
            call=f"{request.method} {request.path_info}",
            key=key,
            body=_digest(request),
            work=lambda: _answer(view(self, request, *args, **kwargs)),
        )
        response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
        if answer.location:
            response["Location"] = answer.location
        if answer.replayed:
            response[REPLAYED] = "true"
        return response

    # Read by the OpenAPI generator.
    once.takes_key = True  # type: ignore[attr-defined]  # a mark on a function
    return once


def _answer(response: HttpResponseBase) -> idempotency.Answer:
    assert isinstance(response, HttpResponse)
    return idempotency.Answer(response.status_code, response.content.decode(), response.get("Location", ""))


def _digest(request: Request) -> str:
    """SHA-256 of the request's content: of a form's fields and files, or of its JSON with sorted keys and no blanks."""
    digest = hashlib.sha256()
    data: Any = request.data
    if not (request.content_type or "").startswith("multipart/"):
        digest.update(json.dumps(data, sort_keys=True, separators=(",", ":")).encode())
        return digest.hexdigest()
    for name, values in sorted(data.lists()):
        for value in values:
            digest.update(f"\0{name}\0".encode(errors="backslashreplace"))
            for chunk in value.chunks() if hasattr(value, "chunks") else [str(value).encode(errors="replace")]:
                digest.update(chunk)
    return digest.hexdigest()
