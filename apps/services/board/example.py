"""An example team for the demonstration: a workshop with two planned weeks, to look around in."""

import datetime

from django.conf import settings
from django.utils.translation import gettext

from apps.exceptions.base import NotAllowed
from apps.models import Task, User
from apps.models.assignments import Status
from apps.services import assignments, bulk, limit_rules, tasks, unit_of_work, users
from apps.services.board import pages
from apps.services.bulk import Item
from apps.services.shared import permissions
from apps.services.slots import CreatedAssignment

PEOPLE = [
    ("aiko", "Aiko", "Tanaka"), ("amir", "Amir", "Haddad"), ("chidi", "Chidi", "Okafor"),
    ("elena", "Elena", "Rossi"), ("jonas", "Jonas", "Weber"), ("lucia", "Lucía", "Vega"),
    ("maria", "Maria", "Lindqvist"), ("noor", "Noor", "Bakker"), ("omar", "Omar", "Farouk"),
    ("priya", "Priya", "Nair"),
]  # fmt: skip
# Each with its colour and label.
TASKS = [
    ("Front desk", "blue", "Shop"), ("True wheels", "teal", "Workshop"), ("Build city bikes", "green", "Workshop"),
    ("Repair brakes", "orange", "Workshop"), ("Order parts", "purple", "Office"), ("Test rides", "lime", "Shop"),
    ("Deliver bikes", "cyan", "Shop"), ("Count stock", "gray", "Office"), ("Answer mail", "pink", "Office"),
]  # fmt: skip
_DAYS = 12
_WEEKEND = (5, 6)


def may_load(*, actor: User) -> bool:
    """Whether `actor` may load it: an admin, in the embedded way, before the first assignment."""
    return settings.TOGO_EMBEDDED and actor.is_admin and pages.first_steps() is not None


def load(*, actor: User) -> None:
    """Make the people, who can't sign in, the tasks and some rules, and plan this week and the next one. What is past
    of this week is done, but for one task, which is late. What has such a name already stays as it is.

    Raises `NotAllowed`.
    """
    if not may_load(actor=actor):
        raise NotAllowed(
            gettext("Only an admin may load the example team, in the demonstration, before anything is assigned.")
        )
    today = permissions.today()
    people, catalogue = unit_of_work.run(lambda: (_people(actor), _tasks(actor)))
    monday = today - datetime.timedelta(days=today.weekday())
    _rules(actor, people, monday)
    dates = [monday + datetime.timedelta(days=day) for day in range(_DAYS)]
    items = [
        Item(catalogue[(2 * person + day + turn) % len(catalogue)].pk, one.pk, date)
        for day, date in enumerate(dates)
        for person, one in enumerate(people)
        # Some days are fuller than others.
        for turn in range(1 + (3 * person + 2 * day) % 5)
        if date.weekday() not in _WEEKEND
    ]
    given = [one for one in bulk.assign_each(actor=actor, asked=items) if isinstance(one, CreatedAssignment)]
    past = [one for one in given if one.date < today]
    for one in past[:-1]:
        assignments.change(actor=actor, assignment_id=one.id, status=Status.DONE)


def _people(actor: User) -> list[User]:
    there = {one.username: one for one in User.objects.filter(username__in=[name for name, *_ in PEOPLE])}
    return [
        there.get(name) or users.create_user(actor=None, username=name, password=None, first_name=first, last_name=last)
        for name, first, last in PEOPLE
    ]


def _tasks(actor: User) -> list[Task]:
    there = {one.name: one for one in Task.objects.filter(name__in=[name for name, *_ in TASKS], is_active=True)}
    return [
        there.get(name) or tasks.create_task(actor=actor, name=name, color=color, label=label)
        for name, color, label in TASKS
    ]


def _rules(actor: User, people: list[User], monday: datetime.date) -> None:
    for weekday in _WEEKEND:
        limit_rules.create_rule(actor=actor, weekday=weekday, maximum=0, reason=gettext("Weekend"))
    limit_rules.create_rule(actor=actor, user_id=people[6].pk, maximum=2, reason=gettext("Half time"))
    next_week = monday + datetime.timedelta(days=7)
    limit_rules.create_rule(
        actor=actor,
        user_id=people[4].pk,
        date_from=next_week,
        date_to=next_week + datetime.timedelta(days=4),
        maximum=0,
        reason=gettext("Holiday"),
    )
