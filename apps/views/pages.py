"""What every page has: who is signed in, where else they can go, and answers that say what was done or refused."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.exceptions.base import ToGoError
from apps.models import User

View = Callable[..., HttpResponse]

# Path, name, and whether only taskmasters have it.
_PAGES = [
    ("/board/", "Board", True),
    ("/today/", "My day", False),
    ("/insights/", "Insights", True),
    ("/import/", "Import", True),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """The pages that the person may open, for every template."""
    user = request.user
    if not isinstance(user, User):
        return {}
    pages = [(path, name) for path, name, taskmasters in _PAGES if user.may_assign_to_all or not taskmasters]
    if user.is_admin:
        pages.append(("/admin/", "Admin"))
    return {
        "pages": [
            {"path": path, "name": name, "current": request.path.startswith(path)} for path, name in pages
        ]
    }


def page(view: View) -> View:
    """A page for those who are signed in; who is not is led to sign in first. A refusal becomes a page that says it."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ToGoError as refusal:
            return render(request, "refused.html", {"refusal": refusal}, status=refusal.status)

    return login_required(answer)


def is_fragment(request: HttpRequest) -> bool:
    """Whether a script of the page asks for a part of it; without scripts it is the whole page."""
    return request.headers.get("HX-Request") == "true"


def say(request: HttpRequest, text: str, *, refused: bool = False) -> None:
    """Show a message with the next answer, page or fragment."""
    messages.add_message(request, messages.ERROR if refused else messages.INFO, text, "stop" if refused else "")
