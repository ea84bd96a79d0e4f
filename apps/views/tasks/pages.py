"""The pages of the catalogue, for taskmasters: every task, one task, and two that become one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.exceptions.base import InvalidRequest
from apps.exceptions.tasks import TaskExists
from apps.forms.tasks import CatalogueForm, MergeForm, TaskForm
from apps.models import Task
from apps.services import tasks
from apps.services.shared import permissions
from apps.services.shared.permissions import require_person
from apps.services.tasks import catalogue, merging
from apps.views.http.pages import page, valid

# Tasks that the page of a merge offers.
SUGGESTED = 20


@require_safe
@page
def every(request: HttpRequest) -> HttpResponse:
    """`/tasks/?q=…&label=…&show=retired`: the tasks by name, and where each is used."""
    asked = valid(CatalogueForm(request.GET))
    shown = catalogue.page(
        actor=require_person(request.user),
        text=asked["q"],
        label=asked["label"],
        is_active=asked["show"] != "retired",
        after=asked["after"],
        before=asked["before"],
    )
    context = {"page": shown, "asked": asked, "labels": catalogue.labels()}
    return render(request, "tasks/every.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def new(request: HttpRequest) -> HttpResponse:
    """`/tasks/new/`: POST makes a task."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    form = TaskForm(request.POST or None, initial={"name": request.GET.get("name", "")[:255]})
    if request.method == "POST" and form.is_valid():
        try:
            task = tasks.create_task(actor=actor, **form.cleaned_data)
        except TaskExists as refusal:
            form.add_error("name", refusal.detail)
        else:
            messages.info(request, gettext("The task “%(name)s” is made.") % {"name": task.name})
            return redirect("tasks")
    return render(
        request, "tasks/new.html", {"form": form, "labels": catalogue.labels()}, status=400 if form.errors else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@page
def one(request: HttpRequest, id: int) -> HttpResponse:
    """`/tasks/{id}/`: a task and where it is used; POST changes it."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    task = tasks.get(task_id=id)
    # A row of its own: a form writes what it was sent into its row, refused or not.
    form = TaskForm(request.POST or None, instance=tasks.get(task_id=id))
    if request.method == "POST" and form.is_valid():
        try:
            tasks.update_task(actor=actor, task_id=id, **{name: form.cleaned_data[name] for name in form.changed_data})
        except TaskExists as refusal:
            form.add_error("name", refusal.detail)
        else:
            messages.info(request, gettext("The task “%(name)s” is saved.") % {"name": form.cleaned_data["name"]})
            return redirect("tasks")
    use = catalogue.uses_of([id]).get(id, catalogue.Use())
    context = {"form": form, "task": task, "use": use, "next": catalogue.next_of(id), "labels": catalogue.labels()}
    return render(request, "tasks/one.html", context, status=400 if form.errors else 200)


@require_POST
@page
def activate(request: HttpRequest, id: int) -> HttpResponse:
    """`/tasks/{id}/active/`: retires the task, or, with `active`, brings it back."""
    is_active = "active" in request.POST
    task = tasks.update_task(actor=require_person(request.user), task_id=id, is_active=is_active)
    if is_active:
        text = gettext("The task “%(name)s” can be assigned again.")
    else:
        text = gettext("The task “%(name)s” is retired; people who have it keep it.")
    messages.info(request, text % {"name": task.name})
    return redirect("task-page", id)


@require_http_methods(["GET", "HEAD", "POST"])
@page
def merge(request: HttpRequest, id: int) -> HttpResponse:
    """`/tasks/{id}/merge/?q=…&into=…`: choose the task that this one becomes, and see what that would do; POST does
    it."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    task = tasks.get(task_id=id)
    asked = valid(MergeForm(request.POST if request.method == "POST" else request.GET))
    if request.method == "POST":
        return _merge(request, task, asked["into"])
    found = tasks.suggest(text=asked["q"], most=SUGGESTED + 1).tasks
    context: dict[str, Any] = {"task": task, "asked": asked, "found": [one for one in found if one != task][:SUGGESTED]}
    if asked["into"]:
        context["into"] = tasks.get(task_id=asked["into"])
        context["merge"] = merging.preview(actor=actor, old_id=id, new_id=asked["into"])
    return render(request, "tasks/merge.html", context)


def _merge(request: HttpRequest, task: Task, into_id: int | None) -> HttpResponse:
    if not into_id:
        raise InvalidRequest(gettext("Choose the task that this one is merged into."))
    done = merging.merge(actor=require_person(request.user), old_id=task.pk, new_id=into_id)
    into = tasks.get(task_id=into_id)
    text = ngettext(
        "“%(name)s” is retired, and %(number)s assignment of it is “%(other)s” now.",
        "“%(name)s” is retired, and %(number)s assignments of it are “%(other)s” now.",
        done.changed,
    )
    messages.info(request, text % {"name": task.name, "number": f"{done.changed:,}", "other": into.name})
    if done.more or done.stay:
        response = redirect("task-merge", task.pk)
        response["Location"] += f"?into={into_id}"
        return response
    return redirect("task-page", into_id)


@require_POST
@page
def remove(request: HttpRequest, id: int) -> HttpResponse:
    """`/tasks/{id}/remove/`: deletes a task that was never assigned."""
    actor = require_person(request.user)
    permissions.require_taskmaster(actor)
    task = tasks.get(task_id=id)
    tasks.delete_task(actor=actor, task_id=id)
    messages.info(request, gettext("The task “%(name)s” is deleted.") % {"name": task.name})
    return redirect("tasks")
