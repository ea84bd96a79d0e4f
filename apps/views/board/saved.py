"""Views of the board that a person has given a name, and favourite tasks."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from apps.exceptions.base import InvalidRequest
from apps.forms.board import FavouriteForm, LookForm, NameForm
from apps.models import User
from apps.services.board import saved
from apps.services.board.looks import Look
from apps.services.shared import permissions
from apps.services.shared.permissions import require_person
from apps.views.board.answers import panel
from apps.views.http.pages import page, valid


@require_http_methods(["GET", "HEAD", "POST"])
@page
def every(request: HttpRequest) -> HttpResponse:
    """`/board/views/?week=…&q=…`: one's saved views; POST gives what this address shows a name."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    form = LookForm(request.POST or request.GET)
    valid(form)
    look = form.look(permissions.today())
    if request.method == "POST":
        try:
            saved.save(actor=actor, name=valid(NameForm(request.POST))["name"], look=look)
        except InvalidRequest as refusal:
            return _panel(request, actor, look, refusal)
    return _panel(request, actor, look)


@require_POST
@page
def one(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/views/{id}/`: give a saved view another name, or, with `delete`, delete it."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    form = LookForm(request.POST)
    valid(form)
    look = form.look(permissions.today())
    try:
        if "delete" in request.POST:
            saved.delete(actor=actor, view_id=id)
        else:
            saved.rename(actor=actor, view_id=id, name=valid(NameForm(request.POST))["name"])
    except InvalidRequest as refusal:
        return _panel(request, actor, look, refusal)
    return _panel(request, actor, look)


def _panel(request: HttpRequest, actor: User, look: Look, refusal: InvalidRequest | None = None) -> HttpResponse:
    context = {"look": look, "views": saved.views_of(actor), "refusal": refusal}
    return panel(request, "board/views.html", context, status=refusal.status if refusal else 200)


@require_POST
@page
def favourite(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/tray/{task}/`: a favourite task, or, without `on`, no longer one. The script asks for the tray then."""
    is_favourite = valid(FavouriteForm(request.POST))["on"]
    saved.set_favourite(actor=require_person(request.user), task_id=id, is_favourite=is_favourite)
    response = HttpResponse(status=204)
    response["HX-Trigger"] = "tray-changed"
    return response
