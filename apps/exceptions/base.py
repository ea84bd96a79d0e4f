"""What every named error has, and the errors that belong to no single API."""

from typing import Any, ClassVar


class ToGoError(Exception):
    """A refusal that a caller can act on.

    `code` names it for programs and never changes; `status` is its HTTP status; `title` says what it is in general
    and `detail` what happened this time; `data` holds what helps to choose what to do instead.
    """

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]

    def __init__(self, detail: str, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.data = data

    def as_problem(self) -> dict[str, Any]:
        """The members of the problem that says this error, as RFC 9457 has them."""
        return {
            "type": f"/errors/#{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            **self.data,
        }


class InvalidRequest(ToGoError):
    """What was sent can't be understood; `errors` names each field and what was expected of it."""

    code, status, title = "invalid_request", 400, "The request is not valid"


class NotAuthenticated(ToGoError):
    """The call needs an access token and came without one."""

    code, status, title = "not_authenticated", 401, "Sign in first"


class NotAllowed(ToGoError):
    """The person is known and may see the thing, but may not do this to it."""

    code, status, title = "not_allowed", 403, "You may not do this"


class NotFound(ToGoError):
    """Nothing there, or nothing that this person may know of."""

    code, status, title = "not_found", 404, "Nothing is found here"


class MethodNotAllowed(ToGoError):
    """The path is right, the method isn't; the `Allow` header names those that are."""

    code, status, title = "method_not_allowed", 405, "This can't be done here"


class NotAcceptable(ToGoError):
    """The `Accept` header names nothing that ToGo can answer with."""

    code, status, title = "not_acceptable", 406, "No such representation"


class PayloadTooLarge(ToGoError):
    """The body is longer than a call may be."""

    code, status, title = "payload_too_large", 413, "The request is too long"


class UnsupportedMediaType(ToGoError):
    """The body isn't of a type that this call reads."""

    code, status, title = "unsupported_media_type", 415, "The body has the wrong type"


class TooManyRequests(ToGoError):
    """A person, or an address that nobody is signed in from, calls too often; `retry_after` says how long to wait."""

    code, status, title = "too_many_requests", 429, "Too many calls"


class InternalError(ToGoError):
    """Something in ToGo is broken; the log has the request's id."""

    code, status, title = "internal_error", 500, "Something went wrong here"


class TryAgain(ToGoError):
    """The database was too busy, or couldn't be reached; the same request may well succeed in a moment."""

    code, status, title = "try_again", 503, "Try again in a moment"
