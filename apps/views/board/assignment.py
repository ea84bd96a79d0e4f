"""One assignment: moves it, changes its effort, marks it, takes it away."""

import contextlib

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST

from apps.exceptions.assignments import DailyLimitReached
from apps.exceptions.base import ToGoError
from apps.exceptions.tasks import TaskInUse, TaskNotFound
from apps.forms.board import ChangeForm, RemoveForm
from apps.models import Assignment, User
from apps.models.assignments import Status
from apps.services import assignments, board, tasks, users
from apps.services.shared import dates, permissions, units
from apps.services.shared.formats import Place
from apps.services.shared.permissions import require_person
from apps.views.board.answers import button, done, panel, refused, suggested_people, undo_button
from apps.views.http.pages import page, valid


@require_http_methods(["GET", "HEAD", "POST"])
@page
def change(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/assignment/{id}/`: what can be done with an assignment; POST moves or marks it, or changes its effort."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    one = assignments.get(actor=actor, assignment_id=id)
    if request.method != "POST":
        context = {"assignment": one, **suggested_people(one.daily_limit.user.username)}
        return panel(request, "board/assignment.html", context)
    asked = valid(ChangeForm(request.POST))
    if asked["status"]:
        now = assignments.change(actor=actor, assignment_id=id, status=asked["status"])
        text = gettext("%(task)s is done.") if now.status == Status.DONE else gettext("%(task)s is open again.")
        undo = undo_button(f"/board/assignment/{id}/", status=one.status)
        return done(request, text % {"task": now.task.name}, [Place(now.user_id, now.date)], action=undo)
    place = asked["cell"]
    if not place:
        to = users.get_by_name(actor=actor, username=asked["username"]).pk if asked["username"] else one.user_id
        place = Place(to, asked["date"] or one.date)
    return _change(request, actor, one, place, asked["effort"], later=asked["later"])


def _change(
    request: HttpRequest, actor: User, one: Assignment, place: Place, effort: int | None, *, later: bool = False
) -> HttpResponse:
    """Move it to this place, or, with `later`, to the next free day after it if it is full; and change its effort if
    one is given."""
    path, was = f"/board/assignment/{one.pk}/", Place(one.user_id, one.date)
    try:
        now = assignments.change(
            actor=actor, assignment_id=one.pk, user_id=place.user_id, date=place.date, effort=effort
        )
    except ToGoError as refusal:
        free = board.next_free_date(refusal) if isinstance(refusal, DailyLimitReached) else None
        if later and free:
            return _change(request, actor, one, Place(place.user_id, free), effort)
        offer = None
        if free:
            label = gettext("Move to %(date)s") % {"date": dates.written(free, "D j M")}
            offer = button(path, label, cell=Place(place.user_id, free), **_given(effort))
        return refused(request, refusal.detail, [was, place], status=refusal.status, action=offer)
    text = gettext("%(task)s is moved to %(name)s, %(date)s.") % {
        "task": now.task.name,
        "name": now.daily_limit.user.display_name,
        "date": dates.written(place.date, "D j M"),
    }
    if effort and place == was:
        text = gettext("%(task)s takes %(amount)s now.") % {"task": now.task.name, "amount": units.amount(now.effort)}
    undo = undo_button(path, cell=was, **_given(effort and one.effort))
    return done(request, text, [was, place], action=undo)


def _given(effort: int | None) -> dict[str, int]:
    """The field of a form for an effort, if there is one."""
    return {"effort": effort} if effort else {}


@require_POST
@page
def remove(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/assignment/{id}/remove/`: take it away; the message offers to assign it again, with its effort.

    `created_task` is a task that was made for this assignment: it goes, too, unless somebody else has it by now.
    """
    actor = require_person(request.user)
    asked = valid(RemoveForm(request.POST))
    one = assignments.get(actor=actor, assignment_id=id)
    assignments.unassign(actor=actor, assignment_id=id)
    place, text = Place(one.user_id, one.date), gettext("%(task)s is taken away.") % {"task": one.task.name}
    if asked["created_task"] == one.task_id:
        with contextlib.suppress(TaskInUse, TaskNotFound):
            tasks.delete_task(actor=actor, task_id=one.task_id)
            text = gettext("%(task)s is taken away and no longer a task.") % {"task": one.task.name}
            return done(request, text, [place])
    again = undo_button("/board/assign/", cell=place, task=one.task_id, effort=one.effort)
    return done(request, text, [place], action=again)
