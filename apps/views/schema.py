"""What the OpenAPI document says beside what the serializers say."""

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from apps.exceptions import base, tokens
from apps.serializers.base import QuerySerializer
from apps.serializers.problems import ProblemSerializer
from apps.views.problems import CONTENT_TYPE

F = TypeVar("F", bound=Callable[..., Any])

# What a call that needs a token, or reads a body, may always answer.
_WITH_TOKEN = [base.NotAuthenticated, tokens.TokenNotValid]
_WITH_BODY = [base.PayloadTooLarge, base.UnsupportedMediaType]
_ALWAYS = [base.InvalidRequest, base.NotAcceptable, base.TryAgain]


# What stands in a path.
ID = OpenApiParameter("id", OpenApiTypes.INT64, OpenApiParameter.PATH)
USER = OpenApiParameter("user", OpenApiTypes.INT64, OpenApiParameter.PATH)
DATE = OpenApiParameter("date", OpenApiTypes.DATE, OpenApiParameter.PATH)
TOKEN = OpenApiParameter("token", OpenApiTypes.STR, OpenApiParameter.PATH)


class ToGoSchema(AutoSchema):
    """The schema of one operation; `documented` says the rest."""


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # how the library registers it
    """How a call shows who makes it."""

    target_class = "apps.views.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        """A JSON web token as a bearer token: RFC 6750."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


def documented(
    tag: str,
    summary: str,
    *,
    responses: Mapping[Any, Any],
    errors: list[type[base.ToGoError]] | None = None,
    token: bool = True,
    **more: Any,
) -> Callable[[F], F]:
    """Describe an operation: its group, what it does in a few words, its answers and the errors that it may give."""
    known: list[type[base.ToGoError]] = [*(errors or []), *_ALWAYS]
    known += _WITH_TOKEN if token else []
    known += _WITH_BODY if more.get("request") else []
    described: dict[Any, Any] = dict(responses)
    for status in sorted({error.status for error in known}):
        same = [error for error in dict.fromkeys(known) if error.status == status]
        described[(status, CONTENT_TYPE)] = OpenApiResponse(
            response=ProblemSerializer,
            description="; ".join(f"`{error.code}`" for error in same),
            examples=[_example(error) for error in same],
        )
    if not token:
        more["auth"] = []
    # What a generated client calls it.
    operation = re.sub(r"\W+", "_", summary.lower()).strip("_")
    describe = extend_schema(operation_id=operation, tags=[tag], summary=summary, responses=described, **more)
    takes_query = any(_is_query(parameter) for parameter in more.get("parameters", ()))
    return describe if takes_query else lambda view: describe(_without_query(view))


def _is_query(parameter: Any) -> bool:
    """Whether it is one of a query: a serializer of them, or one that says so."""
    return getattr(parameter, "location", OpenApiParameter.QUERY) == OpenApiParameter.QUERY


def _without_query(view: F) -> F:
    """A call without parameters refuses them, as every call refuses unknown ones."""

    @functools.wraps(view)
    def strict(self: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        QuerySerializer.read(request)
        return view(self, request, *args, **kwargs)

    return cast(F, strict)


def _example(error: type[base.ToGoError]) -> OpenApiExample:
    sentence = (error.__doc__ or "").strip().splitlines()[0]
    return OpenApiExample(error.code, value=error(sentence).as_problem(), response_only=True, media_type=CONTENT_TYPE)
