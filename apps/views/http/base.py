"""What every call of the API is made of: Django REST framework's view, without what costs time and nobody asked for."""

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from apps.exceptions.base import UnsupportedMediaType
from apps.views.http.parsers import StrictJSONParser

JSON = "application/json"
# The methods of each view, as the header `Allow` lists them.
_ALLOWED: dict[type[APIView], str] = {}
_encode = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=JSONEncoder().default
).encode


class JsonResponse(HttpResponse):
    """An answer in JSON; without data an empty one."""

    def __init__(
        self, data: Any = None, *, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = JSON
    ) -> None:
        super().__init__(status=status, headers=headers, content_type=content_type)
        if data is None:
            del self["Content-Type"]
        else:
            self.content = _encode(data)


class ApiRequest(Request):
    """A request whose body, if it has one, is JSON in nearly every call."""

    parsers: Sequence[BaseParser]

    def _parse(self) -> Any:
        asked: Any = self._request
        parser = self.parsers[0]
        # The length says whether there is a body; that it is JSON is said by nearly everyone in the same words.
        in_json = asked.META.get("CONTENT_TYPE") == JSON and isinstance(parser, StrictJSONParser)
        if in_json and asked.META.get("CONTENT_LENGTH", "0").lstrip("0").isdecimal():
            return parser.parse(asked), MultiValueDict()
        return super()._parse()  # type: ignore[misc]  # the library's type hints leave it out


class ApiView(APIView):
    """A call of the API. Its methods return a `JsonResponse` or any other answer of Django's.

    To those who write one it is Django REST framework's view. What that makes anew for every request is made once
    where it is the same for all of them, and an answer is rendered when it is made.
    """

    # Paths have no suffix such as .json.
    format_kwarg = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The answer of the method's function, or to the error that it raised."""
        self.args, self.kwargs = args, kwargs
        self.request = asked = self.initialize_request(request)
        try:
            self.initial(asked, *args, **kwargs)
            method = (request.method or "").lower()
            known = getattr(self, method, None) if method in self.http_method_names else None
            answer: HttpResponseBase = (known or self.http_method_not_allowed)(asked, *args, **kwargs)
        except Exception as error:  # What nobody foresaw is raised again by handle_exception.
            answer = self.handle_exception(error)
        answer["Allow"] = _ALLOWED.get(type(self)) or _ALLOWED.setdefault(type(self), ", ".join(self.allowed_methods))
        return answer

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """The request as the functions get it."""
        parsers: Sequence[BaseParser] = _made(tuple(self.parser_classes))
        authenticators: Sequence[BaseAuthentication] = _made(tuple(self.authentication_classes))
        return ApiRequest(
            request, parsers=parsers, authenticators=authenticators, negotiator=self.get_content_negotiator()
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check that the caller can read the answer and we the body, who it is, and whether they may call."""
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
            raise UnsupportedMediaType("Send the body as it is: a compressed one is not read.")
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        self.check_permissions(request)
        self.check_throttles(request)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """How to answer; nearly everyone takes anything. Raises `NotAcceptable`."""
        # An empty header accepts anything, as none does.
        if (request.META.get("HTTP_ACCEPT") or "*/*") == "*/*":
            [first, *_] = self.get_renderers()
            return first, first.media_type
        return super().perform_content_negotiation(request, force)

    def get_renderers(self) -> list[BaseRenderer]:
        """What this request can be answered with."""
        return _made(tuple(self.renderer_classes))

    def get_permissions(self) -> list[BasePermission]:
        """What decides whether one may call at all."""
        return _made(tuple(self.permission_classes))

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        """What the call is and does, in JSON."""
        metadata: Any = self.metadata_class
        return JsonResponse(metadata().determine_metadata(request, self))


def location(request: Request, name: str, number: int) -> dict[str, str]:
    """The header that says where a new thing is: at the route of this name that takes an id."""
    before, after = _path(name)
    return {"Location": f"{request.scheme}://{request.get_host()}{before}{number}{after}"}


@functools.cache
def _path(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[7]).rpartition("7")
    return before, after


@functools.cache
def _made(classes: tuple[type[Any], ...]) -> list[Any]:
    """One of each: none of them keeps anything of a request."""
    return [one() for one in classes]
