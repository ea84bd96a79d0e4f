"""Who waits for a full day, on the board."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from apps.services import waiting
from apps.services.shared import dates, permissions
from apps.services.shared.formats import Place
from apps.services.shared.permissions import require_person
from apps.views.board.answers import done, undo_button
from apps.views.http.pages import page


@require_POST
@page
def cancel(request: HttpRequest, id: int) -> HttpResponse:
    """`/board/waiting/{id}/remove/`: take an entry out of the queue; the message offers to queue it again."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    entry = waiting.get(actor=actor, entry_id=id)
    waiting.cancel(actor=actor, entry_id=id)
    place = Place(entry.user_id, entry.date)
    again = undo_button("/board/assign/", cell=place, task=entry.task_id, effort=entry.effort, wait="on")
    text = gettext("%(task)s no longer waits for %(date)s.") % {
        "task": entry.task.name,
        "date": dates.written(entry.date, "D j M"),
    }
    return done(request, text, [place], action=again)
