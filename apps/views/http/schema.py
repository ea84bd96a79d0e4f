"""Builds the OpenAPI document from the serializers and from `documented`."""

import functools
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from apps.exceptions import api_keys, base, idempotency, tokens
from apps.serializers.base import DateField, QuerySerializer, StrictSerializer, TextField
from apps.serializers.problems import ProblemSerializer
from apps.services.shared.formats import DATE_PATTERN
from apps.views.http import examples
from apps.views.http.deprecation import Deprecation
from apps.views.http.headers import VERSION_HEADER
from apps.views.http.idempotency import HEADER, REPLAYED
from apps.views.http.problems import CONTENT_TYPE

F = TypeVar("F", bound=Callable[..., Any])

# Text without control characters. The format `date` says which dates exist.
_TEXT = r"[^\x00-\x1f\x7f-\x9f]*"
_ANYTHING, _NOT_ONLY_BLANKS = f"^{_TEXT}$", rf"^{_TEXT}[^\s\x00-\x1f\x7f-\x9f]{_TEXT}$"
_DATE = f"^{DATE_PATTERN}$"

# Errors of every call that needs a token, reads a body, or takes an idempotency key; and of every call.
_WITH_TOKEN = [base.NotAuthenticated, tokens.TokenNotValid]
_WITH_BODY = [base.PayloadTooLarge, base.UnsupportedMediaType]
_WITH_KEY = [idempotency.IdempotencyKeyInUse, idempotency.IdempotencyKeyReused]
_ALWAYS = [base.InvalidRequest, base.NotAcceptable, base.TooManyRequests, base.TryAgain]

# Parameters in paths.
ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH, description="The object's id.")
DELIVERY = OpenApiParameter("delivery", OpenApiTypes.INT64, OpenApiParameter.PATH, description="The delivery's id.")
USER = OpenApiParameter("user", OpenApiTypes.INT64, OpenApiParameter.PATH, description="The person's id.")
DATE = OpenApiParameter("date", OpenApiTypes.DATE, OpenApiParameter.PATH, description="The day.")
TOKEN = OpenApiParameter("token", OpenApiTypes.STR, OpenApiParameter.PATH, description="The secret part of the link.")

_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Your own name for this call. If you send the call again within 24 hours, you get the same answer, and "
    "the call is not done again.",
)


def _answered(name: str, description: str, statuses: list[int | str] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=description, response=statuses or True)


_REQUEST_ID = _answered("X-Request-ID", "The request's id: the one that you sent, or a new one. The log has it too.")
_VERSION = _answered(VERSION_HEADER, "The version of ToGo.")
_LOCATION = _answered("Location", "The address of the new object.", [201, 202])
_RETRY_AFTER = _answered("Retry-After", "Wait this many seconds before you try again.", [429, 503])
_AUTHENTICATE = _answered("WWW-Authenticate", "How to sign in: RFC 6750.", [401])
_DEPRECATED = [
    _answered("Deprecation", "Since when the call is deprecated: RFC 9745."),
    _answered("Sunset", "When the call goes, at the earliest: RFC 8594."),
    _answered("Link", "Where the call's documentation is: it says what to use instead."),
]
KEYS_LEFT = _answered(
    "ToGo-Keys-Left", "The `prefix` of each API key that still works, with commas; missing if there is none.", [204]
)
_REPLAYED = _answered(REPLAYED, "`true` if the call was done before.", [200, 201, 202, 207])


class ToGoSchema(AutoSchema):
    """The schema of one operation, as strict as its serializers; `documented` adds the rest."""

    def get_examples(self) -> list[OpenApiExample]:
        """Examples of the request and of the responses."""
        return examples.of_call(self.get_request_serializer(), cast(Any, self.get_response_serializers()))

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        schema: Any = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]  # has none
        if isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

    def _insert_field_validators(self, field: Any, schema: Any) -> None:
        super()._insert_field_validators(field, schema)  # type: ignore[no-untyped-call]  # has none
        if isinstance(field, TextField) and "pattern" not in schema:
            blanks_alone = field.trim_whitespace and not field.allow_blank
            schema["pattern"] = _NOT_ONLY_BLANKS if blanks_alone else _ANYTHING
        elif isinstance(field, DateField):
            schema["pattern"] = _DATE


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # how the library registers it
    """The security scheme of the calls."""

    target_class = "apps.views.http.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A JSON Web Token or an API key as a bearer token (RFC 6750)."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT or API key"}


def documented(
    tag: str,
    summary: str,
    *,
    responses: Mapping[Any, Any],
    errors: list[type[base.ToGoError]] | None = None,
    token: bool = True,
    parameters: Sequence[Any] = (),
    request: Any = None,
    ignores_query: bool = False,
    deprecation: Deprecation | None = None,
    **more: Any,
) -> Callable[[F], F]:
    """Describe an operation: its tag, a summary, its responses and its errors.

    The call refuses unknown query parameters, unless it `ignores_query`. With `deprecation` every answer of the call
    announces its end.
    """
    # The name of the operation in generated clients.
    operation = re.sub(r"\W+", "_", summary.lower()).strip("_")

    def describe(view: F) -> F:
        keyed = getattr(view, "takes_key", False)
        known: list[type[base.ToGoError]] = [*(errors or []), *_ALWAYS]
        known += _WITH_TOKEN if token else []
        known += [api_keys.KeyNotAllowed] if token and view.__name__ != "get" else []
        known += _WITH_BODY if request else []
        known += _WITH_KEY if keyed else []
        described = {**responses, **_problems(known)}
        headers = [_REQUEST_ID, _VERSION, _RETRY_AFTER]
        headers += [_AUTHENTICATE] if any(error.status == 401 for error in known) else []
        headers += [_LOCATION] if {201, 202} & set(responses) and 207 not in responses else []
        headers += [_KEY, _REPLAYED] if keyed else []
        if deprecation:
            view.deprecation = deprecation  # type: ignore[attr-defined]  # ApiView reads it
            headers += _DEPRECATED
            more.update(deprecated=True, description=f"{inspect.getdoc(view)}\n\n{deprecation.text}")
        extended = extend_schema(
            operation_id=operation,
            tags=[tag],
            summary=summary,
            request=request,
            responses=described,
            parameters=[*parameters, *headers],
            **(more if token else {**more, "auth": []}),
        )
        return extended(view if ignores_query or any(map(_is_query, parameters)) else _without_query(view))

    return describe


def _problems(known: list[type[base.ToGoError]]) -> dict[Any, OpenApiResponse]:
    """The error responses, by status."""
    described: dict[Any, OpenApiResponse] = {}
    for status in sorted({error.status for error in known}):
        same = [error for error in dict.fromkeys(known) if error.status == status]
        described[(status, CONTENT_TYPE)] = OpenApiResponse(
            response=ProblemSerializer,
            description="; ".join(f"`{error.code}`" for error in same),
            examples=[
                OpenApiExample(
                    error.code, value=examples.of_problem(error.code), response_only=True, media_type=CONTENT_TYPE
                )
                for error in same
            ],
        )
    return described


def _is_query(parameter: Any) -> bool:
    """Whether this is a query parameter, or a serializer of query parameters."""
    return getattr(parameter, "location", OpenApiParameter.QUERY) == OpenApiParameter.QUERY


def _without_query(view: F) -> F:
    """Refuse every query parameter: this call knows none."""

    @functools.wraps(view)
    def strict(self: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        if request.META.get("QUERY_STRING"):
            QuerySerializer.read(request)
        return view(self, request, *args, **kwargs)

    return cast(F, strict)
