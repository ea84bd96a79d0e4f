"""The example team of the demonstration."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from apps.services.board import example
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, say


@require_POST
@page
def load(request: HttpRequest) -> HttpResponse:
    """`/board/example-team/`: load it."""
    example.load(actor=require_person(request.user))
    return say(request, gettext("The example team is here. Look around, and change what you like."))
