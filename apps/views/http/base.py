"""The base of every API call: Django REST framework's view without its slow parts."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.exceptions.base import UnsupportedMediaType
from apps.models import User
from apps.models.users import CallerChanged
from apps.services.shared import links
from apps.services.shared.permissions import require_person
from apps.views.http.headers import put
from apps.views.http.json_text import as_json
from apps.views.http.parsers import StrictJSONParser
from apps.views.http.scopes import require_key_allows

JSON = "application/json"
View = TypeVar("View", bound=Callable[..., HttpResponseBase])
# The value of the header `Allow` for each view.
_ALLOWED: dict[type[APIView], str] = {}


class JsonResponse(HttpResponse):
    """A response in JSON; empty without data."""

    def __init__(
        self, data: Any = None, *, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = JSON
    ) -> None:
        super().__init__(b"" if data is None else as_json(data), status=status, content_type=content_type)
        if data is None:
            del self["Content-Type"]
        for name, value in (headers or {}).items():
            put(self, name, value)


class ApiRequest(Request):
    """A request; nearly every body is JSON, which is parsed on a short path."""

    parsers: Sequence[BaseParser]
    # Whether the caller may be one who was read for an earlier call.
    may_remember = False

    def __init__(self, request: HttpRequest, **parts: Any) -> None:
        super().__init__(request, **parts)
        # The library looks for it anew each time, after it has looked for an attribute of its own.
        self.META = request.META

    def is_of_another_caller(self) -> bool:
        """Whether a remembered caller turns out to have changed; then they are read anew."""
        try:
            if isinstance(person := self.__dict__.get("_user"), User):
                person.confirm()
        except CallerChanged:
            self.may_remember = False
            self._authenticate()  # type: ignore[attr-defined]  # the library's type hints leave it out
            return True
        return False

    def _parse(self) -> Any:
        asked: Any = self._request
        parser = self.parsers[0]
        # Nearly every caller sends exactly this content type. Without a length there is no body.
        in_json = asked.META.get("CONTENT_TYPE") == JSON and isinstance(parser, StrictJSONParser)
        if in_json and asked.META.get("CONTENT_LENGTH", "0").lstrip("0").isdecimal():
            return parser.parse(asked), MultiValueDict()
        return super()._parse()  # type: ignore[misc]  # the library's type hints leave it out


class ApiView(APIView):
    """An API call. Its methods return a `JsonResponse` or any other Django response.

    Write one like a view of Django REST framework. Parsers, renderers and permissions are created once and not for
    every request, and a response is rendered when it is created.
    """

    # No path has a suffix such as .json.
    format_kwarg = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The response of the handler for this method, or the problem for the error that it raised."""
        self.args, self.kwargs = args, kwargs
        self.request = asked = self.initialize_request(request)
        method = (request.method or "").lower()
        known = getattr(self, method, None) if method in self.http_method_names else None
        handler = known or self.http_method_not_allowed
        asked.may_remember = hasattr(known, "confirms_caller")
        try:
            try:
                answer = self._answer(asked, handler)
            except Exception:
                # Whatever is refused to a caller is refused to the one who calls now.
                if not (asked.may_remember and asked.is_of_another_caller()):
                    raise
                answer = self._answer(asked, handler)
        except Exception as error:  # handle_exception raises an unexpected error again.
            answer = self.handle_exception(error)
        allowed = _ALLOWED.get(type(self)) or _ALLOWED.setdefault(type(self), ", ".join(self.allowed_methods))
        put(answer, "Allow", allowed)
        if deprecation := getattr(known, "deprecation", None):
            for name, value in deprecation.headers.items():
                answer[name] = value
        return answer

    def _answer(self, asked: "ApiRequest", handler: Callable[..., HttpResponseBase]) -> HttpResponseBase:
        self.initial(asked, *self.args, **self.kwargs)
        answer = handler(asked, *self.args, **self.kwargs)
        if asked.may_remember:
            require_person(asked.user).confirm()
        return answer

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> ApiRequest:
        """Wrap Django's request for the handlers."""
        parsers: Sequence[BaseParser] = _made(tuple(self.parser_classes))
        authenticators: Sequence[BaseAuthentication] = _made(tuple(self.authentication_classes))
        return ApiRequest(
            request, parsers=parsers, authenticators=authenticators, negotiator=self.get_content_negotiator()
        )

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check, in this order: content coding, `Accept`, who the caller is, permissions, the rate limit, and what a
        key may do."""
        if request.META.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in {"", "identity"}:
            raise UnsupportedMediaType("Send the body as it is: a compressed one is not read.")
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)
        self.perform_authentication(request)
        self.check_permissions(request)
        self.check_throttles(request)
        require_key_allows(request)

    def perform_authentication(self, request: Request) -> None:
        """Find out who calls. `request.user` would do that, too, but hide an `AttributeError`."""
        request._authenticate()  # type: ignore[attr-defined]  # noqa: SLF001 - the library's type hints leave it out

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        """The renderer for this request. Nearly every caller accepts anything. Raises `NotAcceptable`."""
        # An empty header accepts anything, like a missing one.
        if (request.META.get("HTTP_ACCEPT") or "*/*") == "*/*":
            [first, *_] = self.get_renderers()
            return first, first.media_type
        return super().perform_content_negotiation(request, force)

    def get_renderers(self) -> list[BaseRenderer]:
        """The renderers of this call."""
        return _made(tuple(self.renderer_classes))

    def get_permissions(self) -> list[BasePermission]:
        """The permissions that decide whether this caller may call."""
        return _made(tuple(self.permission_classes))

    def options(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        """A description of the call, in JSON."""
        metadata: Any = self.metadata_class
        return JsonResponse(metadata().determine_metadata(request, self))


def confirms_caller(view: View) -> View:
    """Let a handler be called for a caller who was read for an earlier call, because its statement checks them, or it
    calls `confirm`, before anything is written."""
    view.confirms_caller = True  # type: ignore[attr-defined]  # a mark on a function
    return view


def location(request: Request, name: str, number: int) -> dict[str, str]:
    """The `Location` header of a new object: the route of this name with its id."""
    before, after = _path(name)
    return {"Location": links.absolute(request, f"{before}{number}{after}")}


@functools.cache
def _path(name: str) -> tuple[str, str]:
    before, _, after = reverse(name, args=[7]).rpartition("7")
    return before, after


@functools.cache
def _made(classes: tuple[type[Any], ...]) -> list[Any]:
    """One instance of each class. They hold no state of a request, so all requests share them."""
    return [one() for one in classes]
