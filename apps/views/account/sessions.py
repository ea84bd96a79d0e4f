"""Where one is signed in, on the page of one's account."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from apps.services import sessions
from apps.services.shared.permissions import require_person
from apps.views.http.pages import page, say
from apps.views.http.sessions import stay_signed_in


@require_POST
@page
def end(request: HttpRequest, id: int) -> HttpResponse:
    """`/account/sessions/{session}/end/`"""
    sessions.end(actor=require_person(request.user), session_id=id)
    return say(request, gettext("That browser is signed out."))


@require_POST
@page
def end_others(request: HttpRequest) -> HttpResponse:
    """`/account/sessions/end-others/`"""
    actor = require_person(request.user)
    stay_signed_in(request, sessions.end_others(actor=actor, session_key=request.session.session_key))
    return say(request, gettext("You are signed out everywhere else."))
