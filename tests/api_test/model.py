"""A plain model of ToGo's rules: no database, no locks, every number counted anew each time."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import TODAY

DEFAULT = 4
LAST = TODAY + datetime.timedelta(days=366)

PersonDay = tuple[int, datetime.date]


class Refused(Exception):
    """A refusal: its status, its code and the problem's other members."""

    def __init__(self, status: int, code: str, **data: Any) -> None:
        super().__init__(status, code, data)
        self.status, self.code, self.data = status, code, data


@dataclass
class Rule:
    id: int
    user: int | None
    weekday: int | None
    date_from: datetime.date | None
    date_to: datetime.date | None
    maximum: int

    def applies(self, user: int, date: datetime.date) -> bool:
        return (
            self.user in {None, user}
            and self.weekday in {None, date.weekday()}
            and (self.date_from or date) <= date <= (self.date_to or date)
        )

    def kind(self) -> str:
        if self.date_from and self.date_to:
            return "person_range" if self.user else "everyone_range"
        if self.weekday is not None:
            return "person_weekday" if self.user else "everyone_weekday"
        return "person" if self.user else "everyone"


KINDS = ["person_range", "everyone_range", "person_weekday", "everyone_weekday", "person", "everyone"]


@dataclass
class ModelAssignment:
    task: int
    user: int
    date: datetime.date
    by: int
    effort: int
    status: str = "open"


@dataclass
class ModelEntry:
    task: int
    user: int
    date: datetime.date
    by: int
    effort: int


@dataclass
class Model:
    """People and tasks with whether they are active, the efforts of tasks, rules, days and assignments."""

    people: dict[int, bool]
    tasks: dict[int, bool]
    efforts: dict[int, int]
    taskmasters: set[int]
    rules: dict[int, Rule] = field(default_factory=dict)
    # The days that are set: `wanted` and the kind of its source.
    days: dict[PersonDay, tuple[int, str]] = field(default_factory=dict)
    given: dict[int, ModelAssignment] = field(default_factory=dict)
    # Who waits, in the order of arrival.
    waiting: dict[int, ModelEntry] = field(default_factory=dict)

    # --- days ---

    def pick(self, user: int, date: datetime.date) -> tuple[int, str]:
        """The maximum that the rules want, and the kind of the rule that decides."""
        for kind in KINDS:
            fitting = [rule for rule in self.rules.values() if rule.kind() == kind and rule.applies(user, date)]
            if fitting:
                best = max(fitting, key=lambda rule: (rule.weekday is not None, rule.id))
                return best.maximum, kind
        return DEFAULT, "default"

    def taken(self, user: int, date: datetime.date) -> int:
        return sum(one.effort for one in self.given.values() if (one.user, one.date) == (user, date))

    def limit(self, user: int, date: datetime.date) -> tuple[int, int, int, str]:
        """`wanted`, `maximum`, `taken` and the source's kind of a day, set or not."""
        wanted, kind = self.days.get((user, date)) or self.pick(user, date)
        taken = self.taken(user, date)
        return wanted, max(wanted, taken), taken, kind

    def remaining(self, user: int, date: datetime.date) -> int:
        _, maximum, taken, _ = self.limit(user, date)
        return maximum - taken

    def free_dates(self, user: int, first: datetime.date, days: int, effort: int) -> Iterator[datetime.date]:
        dates = (first + datetime.timedelta(days=offset) for offset in range(days))
        return (date for date in dates if date <= LAST and self.remaining(user, date) >= effort)

    def next_free_date(self, user: int, date: datetime.date, effort: int) -> str | None:
        """The first later day with room for this effort, in ISO format."""
        after = date + datetime.timedelta(days=1)
        return next((free.isoformat() for free in self.free_dates(user, after, 366, effort)), None)

    def set_day(self, user: int, date: datetime.date) -> None:
        """Set a day if it isn't set yet."""
        self.days.setdefault((user, date), self.pick(user, date))

    def follow_rules(self) -> None:
        for (user, date), (_, kind) in self.days.items():
            if date >= TODAY and kind != "hand":
                self.days[user, date] = self.pick(user, date)

    def serve(self) -> list[ModelAssignment]:
        """End the entries that can't be served any more, and take out those that fit: the assignments that they become.
        They are in `given` with numbers below 0."""
        assigned = {(one.task, one.user, one.date) for one in self.given.values()}
        made = []
        for pk, entry in sorted(self.waiting.items()):
            place = (entry.user, entry.date)
            if (entry.task, *place) in assigned or not (self.tasks[entry.task] and self.people[entry.user]):
                del self.waiting[pk]
            elif self.remaining(*place) >= entry.effort:
                del self.waiting[pk]
                made.append(ModelAssignment(entry.task, *place, entry.by, entry.effort))
                self.given[-len(made)] = made[-1]
        return made

    # --- permissions ---

    def require_may_assign(self, actor: int, user: int, date: datetime.date) -> None:
        master = actor in self.taskmasters
        if user != actor and not master:
            raise Refused(403, "not_allowed")
        if date > LAST or (date < TODAY and not master):
            raise Refused(400, "date_out_of_range")

    def require_may_unassign(self, actor: int, one: ModelAssignment) -> None:
        if actor not in self.taskmasters and (one.user != actor or one.by != actor or one.date < TODAY):
            raise Refused(403, "not_allowed")

    def find_visible(self, actor: int, assignment: int) -> ModelAssignment:
        one = self.given.get(assignment)
        if one is None or (actor not in self.taskmasters and one.user != actor):
            raise Refused(404, "assignment_not_found")
        return one

    def require_assignable(self, task: int | None, user: int) -> None:
        if task is not None and task not in self.tasks:
            raise Refused(404, "task_not_found")
        if user not in self.people:
            raise Refused(404, "user_not_found")
        if task is not None and not self.tasks[task]:
            raise Refused(409, "task_inactive")
        if not self.people[user]:
            raise Refused(409, "user_inactive")

    def require_room(self, task: int, user: int, date: datetime.date, effort: int) -> None:
        """Refuse a day that is full or has the task. Sets the day, because this reads its limit."""
        self.set_day(user, date)
        for pk, one in self.given.items():
            if (one.task, one.user, one.date) == (task, user, date):
                # An assignment of the same bulk request has no id yet.
                raise Refused(409, "already_assigned", assignment=pk if pk > 0 else None)
        if self.remaining(user, date) < effort:
            raise self.limit_reached(user, date, effort)

    def limit_reached(self, user: int, date: datetime.date, effort: int) -> Refused:
        _, maximum, taken, _ = self.limit(user, date)
        return Refused(
            409,
            "daily_limit_reached",
            effort=effort,
            maximum=maximum,
            taken=taken,
            remaining=maximum - taken,
            next_free_date=self.next_free_date(user, date, effort),
        )

    # --- calls ---

    def assign(self, actor: int, task: int, user: int, date: datetime.date, effort: int | None) -> ModelAssignment:
        """The assignment that the call creates."""
        self.require_may_assign(actor, user, date)
        self.require_assignable(task, user)
        effort = effort or self.efforts[task]
        self.require_room(task, user, date, effort)
        return ModelAssignment(task, user, date, actor, effort)

    def assign_or_wait(
        self, actor: int, task: int, user: int, date: datetime.date, effort: int | None
    ) -> ModelAssignment | ModelEntry:
        """The assignment or the entry that the call creates."""
        self.require_may_assign(actor, user, date)
        if date < TODAY:
            raise Refused(400, "date_out_of_range")
        try:
            return self.assign(actor, task, user, date, effort)
        except Refused as refused:
            if refused.code != "daily_limit_reached":
                raise
        queue = [(pk, one.task) for pk, one in sorted(self.waiting.items()) if (one.user, one.date) == (user, date)]
        for position, (pk, waits) in enumerate(queue, start=1):
            if waits == task:
                raise Refused(409, "already_waiting", waiting=pk, position=position)
        return ModelEntry(task, user, date, actor, effort or self.efforts[task])

    def assign_earliest(
        self, actor: int, task: int, user: int, first: datetime.date | None, effort: int | None
    ) -> ModelAssignment:
        """The assignment that the call creates."""
        first = first or TODAY
        self.require_may_assign(actor, user, first)
        self.require_assignable(task, user)
        effort = effort or self.efforts[task]
        assigned_dates = {one.date for one in self.given.values() if (one.task, one.user) == (task, user)}
        for date in self.free_dates(user, first, 366, effort):
            if date not in assigned_dates:
                self.set_day(user, date)
                return ModelAssignment(task, user, date, actor, effort)
        raise Refused(409, "no_free_day")

    def change(
        self, actor: int, assignment: int, user: int | None, date: datetime.date | None, effort: int | None
    ) -> None:
        """Move an assignment, change its effort, or both."""
        one = self.find_visible(actor, assignment)
        day, effort = (user or one.user, date or one.date), effort or one.effort
        if day != (one.user, one.date):
            self.require_may_unassign(actor, one)
            self.require_may_assign(actor, *day)
            self.require_assignable(None, day[0])
            self.require_room(one.task, *day, effort)
        elif effort != one.effort:
            self.require_may_unassign(actor, one)
            self.require_may_assign(actor, *day)
            if effort > one.effort:
                self.require_assignable(None, one.user)
            if effort - one.effort > self.remaining(*day):
                raise self.limit_reached(*day, effort)
        one.user, one.date = day
        one.effort = effort

    def bulk(
        self, actor: int, items: list[tuple[int, int, datetime.date, int | None]], *, each: bool
    ) -> list[ModelAssignment | Refused]:
        """The outcome of each item. Only the days that it sets stay in the model."""
        kept = dict(self.given)
        outcomes: list[ModelAssignment | Refused] = []
        for number, (task, user, date, asked) in enumerate(items):
            try:
                if date > LAST:
                    raise Refused(400, "date_out_of_range")
                self.require_assignable(task, user)
                effort = asked or self.efforts[task]
                self.require_room(task, user, date, effort)
            except Refused as refused:
                outcomes.append(refused)
            else:
                one = ModelAssignment(task, user, date, actor, effort)
                outcomes.append(one)
                self.given[-1 - number] = one
        if not each and any(isinstance(outcome, Refused) for outcome in outcomes):
            self.given = kept
        # The answers tell `taken` and the next free date as they are after the last item.
        answers = [
            self.limit_reached(*items[number][1:3], outcome.data["effort"])
            if isinstance(outcome, Refused) and "effort" in outcome.data
            else outcome
            for number, outcome in enumerate(outcomes)
        ]
        self.given = kept
        return answers
