"""Addresses of the board, and the days of its rows of tasks."""

from typing import Any

from django.conf import settings
from django.template import Library
from django.template.context import RequestContext
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from apps.models import Task
from apps.services.board.by_task import Doer, TaskDay
from apps.services.board.looks import Look, Span
from apps.services.shared import permissions
from apps.services.shared.dates import written

register = Library()


@register.simple_tag(takes_context=True)
def look(context: RequestContext, **changes: Any) -> str:
    """The address of the board as it is, with these changes: `{% look search="" %}`."""
    shown: Look = context["look"]
    return shown.address(**changes)


@register.simple_tag(takes_context=True)
def look_over(context: RequestContext, span: str) -> str:
    """The address of the same board over another span."""
    shown: Look = context["look"]
    return shown.over(Span(span), permissions.today()).address()


@register.simple_tag
def task_day(task: Task, day: TaskDay) -> SafeString:
    """A task's date as a cell: its people, how many more there are, and the link that gives it to somebody. In Python
    for the same reason as the board's cells."""
    root, date = settings.TOGO_ROOT, written(day.date, "l j F")
    label = escape(gettext("Give %(task)s to somebody on %(date)s") % {"task": task.name, "date": date})
    names = "cell" if day.doers else "cell nobody"
    parts = [
        f'<td class="{names}"><small class="when">{written(day.date, "D j M")}</small>',
        f'<a class="add" href="{root}/board/free/{day.date}/?task={task.pk}" data-panel aria-label="{label}">+</a>'
        if task.is_active
        else "",
        *(_doer(root, one, task, is_past=day.date < permissions.today()) for one in day.doers),
    ]
    if day.more:
        address = f"{root}/board/?date={day.date}&amp;span=day&amp;task={task.pk}"
        more = escape(gettext("%(number)s more") % {"number": day.more})
        parts.append(f'<a class="small" href="{address}">{more}</a>')
    return mark_safe("".join([*parts, "</td>"]))  # noqa: S308 - each text of a person went through `escape`


def _doer(root: str, one: Doer, task: Task, *, is_past: bool) -> str:
    word = pgettext("a task", "done")
    done = f'<span class="sr-only"> ({word})</span>' if one.is_done else ""
    names = "chip done" if one.is_done else "chip late" if is_past else "chip"
    if task.color:
        names += f" c-{task.color}"
    return (
        f'<a class="{names}" href="{root}/board/assignment/{one.assignment_id}/" data-panel dir="auto">'
        f"{escape(one.name)}{done}</a>"
    )
