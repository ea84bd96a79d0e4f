"""Links that lead to ToGo from outside: from answers and feeds."""

from typing import Protocol

from django.conf import settings


class Request(Protocol):
    """What a link needs to know of the request that it answers."""

    @property
    def scheme(self) -> str | None:
        """`http` or `https`."""

    def get_host(self) -> str:
        """The host that the caller named, and its port."""


def absolute(request: Request, path: str) -> str:
    """The address of a path, as `reverse` gives it: at `TOGO_PUBLIC_URL`, or without it at the host of the request."""
    return f"{settings.TOGO_ORIGIN or f'{request.scheme}://{request.get_host()}'}{path}"


def public(path: str) -> str:
    """The address of a path at `TOGO_PUBLIC_URL`, for a message: it belongs to no request that could tell."""
    return f"{settings.TOGO_ORIGIN}{path}"
