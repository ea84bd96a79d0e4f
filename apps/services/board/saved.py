"""Views of the board that a person has given a name, and favourite tasks: each person's own."""

from django.db import IntegrityError
from django.utils.translation import gettext

from apps.exceptions.base import InvalidRequest, NotFound
from apps.models import FavouriteTask, SavedView, Task, User
from apps.models.names import tidy
from apps.services import tasks, unit_of_work
from apps.services.board.looks import Look
from apps.services.shared import permissions

MOST = 50


def views_of(actor: User) -> list[SavedView]:
    """The saved views of `actor`, by name."""
    return list(SavedView.objects.filter(owner=actor).order_by("name", "pk"))


def save(*, actor: User, name: str, look: Look) -> SavedView:
    """Give what the board shows a name, but for its dates. A view of the same name shows this from now on.

    Raises `NotAllowed`, and `InvalidRequest` for the 51st view.
    """
    permissions.require_taskmaster(actor)

    def work() -> SavedView:
        if SavedView.objects.filter(owner=actor).exclude(name=tidy(name)).count() >= MOST:
            raise InvalidRequest(gettext("You have %(number)s saved views. Delete one first.") % {"number": MOST})
        view, _ = SavedView.objects.update_or_create(
            owner=actor, name=tidy(name), defaults={"query": look.undated.removeprefix("?")}
        )
        return view

    return unit_of_work.run(work)


def rename(*, actor: User, view_id: int, name: str) -> SavedView:
    """Give a saved view another name. Raises `NotFound`, and `InvalidRequest` for a name that another view has."""

    def work() -> SavedView:
        view = _get(actor, view_id)
        view.name = tidy(name)
        view.save()
        return view

    try:
        return unit_of_work.run(work)
    except IntegrityError:
        raise InvalidRequest(gettext("Another view is called “%(name)s”.") % {"name": name}) from None


def delete(*, actor: User, view_id: int) -> SavedView:
    """Delete a saved view, and return it. Raises `NotFound`."""
    view = _get(actor, view_id)
    unit_of_work.run(lambda: SavedView.objects.filter(pk=view_id).delete())
    return view


def _get(actor: User, view_id: int) -> SavedView:
    view = SavedView.objects.filter(owner=actor, pk=view_id).first()
    if view is None:
        raise NotFound(gettext("There is no such saved view."))
    return view


def favourites_of(actor: User) -> list[Task]:
    """The favourite tasks of `actor` that are not retired, by name."""
    mine = FavouriteTask.objects.filter(owner=actor).values("task")
    return list(Task.objects.filter(pk__in=mine, is_active=True).order_by("name", "pk"))


def set_favourite(*, actor: User, task_id: int, is_favourite: bool) -> None:
    """Let a task be a favourite of `actor`, or no longer. Raises `NotAllowed` and `TaskNotFound`."""
    permissions.require_taskmaster(actor)
    task = tasks.get(task_id=task_id)

    def work() -> None:
        if is_favourite:
            FavouriteTask.objects.get_or_create(owner=actor, task=task)
        else:
            FavouriteTask.objects.filter(owner=actor, task=task).delete()

    unit_of_work.run(work)


def change_favourite(*, old: Task, new: Task) -> None:
    """Let the favourite `old` be `new` for everybody, as part of a merge."""

    def work() -> None:
        owners = FavouriteTask.objects.filter(task=old).values_list("owner", flat=True)
        for owner in list(owners):
            FavouriteTask.objects.get_or_create(owner_id=owner, task=new)
        FavouriteTask.objects.filter(task=old).delete()

    unit_of_work.run(work)
