"""The base of all named errors, and the errors that belong to no single API."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


class ToGoError(Exception):
    """A refusal that a caller can act on.

    `code` names it for programs and never changes; `status` is its HTTP status; `title` describes the
    kind of error and `detail` this case; `data` helps the caller to choose what to do instead.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[StrOrPromise]

    def __init__(self, detail: str, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.data = data

    def as_problem(self) -> dict[str, Any]:
        """This error as the members of an RFC 9457 problem."""
        return {
            "type": f"{settings.TOGO_ROOT}/errors/#{self.code}",
            "title": str(self.title),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.data,
        }


def title_of(code: str) -> str:
    """What the errors with this code are about; empty for a code that no error has."""
    kinds = [ToGoError]
    while kinds:
        kind = kinds.pop()
        if getattr(kind, "code", None) == code:
            return str(kind.title)
        kinds += kind.__subclasses__()
    return ""


class InvalidRequest(ToGoError):
    """The request has missing, unknown or wrong fields; `errors` names each of them and says what was expected."""

    code, status, title = "invalid_request", 400, _("The request is not valid")

    @classmethod
    def of(cls, errors: Sequence[Mapping[str, Any]]) -> Self:
        """The refusal of these fields: each error has `field`, empty for the body itself, `code` and `message`."""
        names = ", ".join(sorted({error["field"] for error in errors if error["field"]})) or gettext("the body")
        return cls(gettext("Look at %(names)s.") % {"names": names}, errors=list(errors))

    @classmethod
    def of_field(cls, field: str, code: str, message: str) -> Self:
        """The refusal of this field alone."""
        return cls.of([{"field": field, "code": code, "message": message}])


class NotAuthenticated(ToGoError):
    """The call needs an access token, and none was sent."""

    code, status, title = "not_authenticated", 401, _("Sign in first")


class NotAllowed(ToGoError):
    """The person is known and may see the thing, but may not do this to it."""

    code, status, title = "not_allowed", 403, _("You may not do this")


class NotFound(ToGoError):
    """There is nothing at this path, or this person may not know of it."""

    code, status, title = "not_found", 404, _("Nothing is found here")


class MethodNotAllowed(ToGoError):
    """The path exists, but not with this method; the `Allow` header names the methods that it has."""

    code, status, title = "method_not_allowed", 405, _("This can't be done here")


class NotAcceptable(ToGoError):
    """The `Accept` header names no media type that ToGo can answer with."""

    code, status, title = "not_acceptable", 406, _("No such representation")


class PayloadTooLarge(ToGoError):
    """The body is longer than this call allows."""

    code, status, title = "payload_too_large", 413, _("The request is too long")


class UnsupportedMediaType(ToGoError):
    """This call doesn't read bodies of this media type."""

    code, status, title = "unsupported_media_type", 415, _("The body has the wrong type")


class TooManyRequests(ToGoError):
    """A person, or an address without a sign-in, calls too often; `retry_after` says how many seconds to wait."""

    code, status, title = "too_many_requests", 429, _("Too many calls")


class InternalError(ToGoError):
    """ToGo has a fault; the operator finds it in the log by the request's id."""

    code, status, title = "internal_error", 500, _("Something went wrong here")


class TryAgain(ToGoError):
    """The database was too busy, or couldn't be reached; the same request may well succeed in a moment."""

    code, status, title = "try_again", 503, _("Try again in a moment")
