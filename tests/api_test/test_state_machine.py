"""The API against a plain model of it: thousands of calls in random order."""

import datetime
from collections import Counter
from typing import Any

import hypothesis
import pytest
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from apps.models import DailyLimit, User
from apps.services import tasks as catalogue
from apps.services import users
from apps.tasks.limits import set_daily_limits
from tests.api_test.model import DEFAULT, LAST, Refused, Rule
from tests.api_test.player import ALICE, BOB, BOSS, NOBODY, PATH, TASKS, Player, create_people_and_tasks, filled
from tests.conftest import TODAY


def later(days: int) -> datetime.date:
    return TODAY + datetime.timedelta(days=days)


# Mostly two people and three days, so that days fill up and tasks collide; edge cases now and then.
actors = st.sampled_from([BOSS, BOSS, BOSS, ALICE])
people = st.sampled_from([ALICE, ALICE, ALICE, BOB, BOB, BOSS, NOBODY])
known = st.sampled_from([ALICE, ALICE, BOB, BOSS])
tasks = st.sampled_from([*range(TASKS), *range(TASKS), TASKS])
dates = st.sampled_from([later(days) for days in (0, 0, 0, 1, 1, 1, 2, 2, -1, 7, 366, 367)])
numbers = st.integers(0, 1000)
maxima = st.sampled_from([0, 1, 1, 2, 3, 5])
# Mostly no effort is given, and then it is the task's.
efforts = st.sampled_from([None, None, None, 1, 2, 3, 5, 8])
# The items of a bulk: random ones, or more than fit on a single day.
scattered = st.lists(st.tuples(tasks, known, dates, efforts), min_size=1, max_size=6)
crowded = st.builds(
    lambda user, date, all_efforts: [(task, user, date, effort) for task, effort in enumerate(all_efforts)],
    known,
    dates,
    st.lists(efforts, min_size=TASKS, max_size=TASKS),
)

ALL_REFUSALS = [
    "already_assigned", "already_waiting", "assignment_not_found", "bulk_refused", "daily_limit_reached",
    "date_out_of_range", "limit_below_taken", "no_free_day", "not_allowed", "task_inactive", "task_not_found",
    "user_inactive", "user_not_found", "waiting_not_found",
]  # fmt: skip


class Togo(Player):
    """Makes every call to the API and to the model."""

    # How often a task was unassigned from a closed day.
    closed = 0
    # How often a higher effort was refused.
    kept_effort = 0
    # How often one call moved an assignment and changed its effort.
    moved_with_effort = 0
    # How often the next free date of a refusal was taken.
    followed = 0

    # --- assignments ---

    @rule(actor=actors, task=tasks, user=people, date=dates, effort=efforts, keyed=st.booleans())
    def create(self, actor: int, task: int, user: int, date: datetime.date, effort: int | None, keyed: bool) -> None:
        self.give(actor, self.tasks[task], self.people[user], date, effort, keyed=keyed)

    @rule(user=known, date=dates | st.just(LAST))
    def fill(self, user: int, date: datetime.date) -> None:
        for task in self.tasks[:TASKS]:
            self.give(BOSS, task, self.people[user], date)

    @rule(actor=actors, task=tasks, user=people, date=dates, effort=efforts, keyed=st.booleans())
    def create_or_wait(
        self, actor: int, task: int, user: int, date: datetime.date, effort: int | None, keyed: bool
    ) -> None:
        self.give_or_wait(actor, self.tasks[task], self.people[user], date, effort, keyed=keyed)

    @precondition(lambda self: self.model.given)
    @rule(actor=actors, which=numbers, task=st.integers(0, TASKS - 1), more=st.sampled_from([1, 1, 2, 3, 0]))
    def wait_for_about_what_fits(self, actor: int, which: int, task: int, more: int) -> None:
        one = self.model.given[self.any_assignment(which)]
        effort = max(1, self.model.remaining(one.user, one.date) + more)
        self.give_or_wait(actor, self.tasks[task], one.user, one.date, effort)

    @precondition(lambda self: self.model.waiting)
    @rule(which=numbers)
    def wait_again(self, which: int) -> None:
        one = self.model.waiting[self.any_entry(which)]
        self.give_or_wait(BOSS, one.task, one.user, one.date, one.effort)

    @precondition(lambda self: self.model.waiting)
    @rule(actor=st.sampled_from([BOSS, ALICE, ALICE]), which=numbers, other=st.sampled_from([0, 0, 0, 10**6]))
    def cancel(self, actor: int, which: int, other: int) -> None:
        pk, me = self.any_entry(which) + other, self.people[actor]
        one = self.model.waiting.get(pk)

        def work() -> None:
            if one is None:
                raise Refused(404, "waiting_not_found")
            if me not in self.model.taskmasters:
                if one.user != me:
                    raise Refused(404, "waiting_not_found")
                if one.by != me:
                    raise Refused(403, "not_allowed")
            del self.model.waiting[pk]

        self.call_both(work, 204, "DELETE", f"/api/users/waiting/{pk}/", actor=actor)

    @precondition(lambda self: self.model.waiting)
    @rule(which=numbers, less=st.sampled_from([0, 0, 1]), by_hand=st.booleans())
    def make_about_the_room_that_an_entry_waits_for(self, which: int, less: int, by_hand: bool) -> None:
        one = self.model.waiting[self.any_entry(which)]
        if not by_hand:
            for pk, given in list(self.model.given.items()):
                if (given.user, given.date) == (one.user, one.date) and pk in self.model.given:
                    self.call_both(lambda pk=pk: self.model.given.pop(pk), 204, "DELETE", f"{PATH}{pk}/")
        elif (room := self.model.taken(one.user, one.date) + one.effort - less) <= 10_000:
            self.put_limit(one.user, one.date, room, actor=BOSS)

    @rule(actor=actors)
    def cancel_what_nobody_queued(self, actor: int) -> None:
        def work() -> None:
            raise Refused(404, "waiting_not_found")

        self.call_both(work, 204, "DELETE", f"/api/users/waiting/{10**9}/", actor=actor)

    @rule(
        user=known,
        task=st.integers(0, TASKS - 1),
        days=st.integers(0, 2),
        more=st.integers(1, 3),
        less=st.sampled_from([0, 0, 1]),
        by_hand=st.booleans(),
    )
    def wait_and_get_about_enough_room(
        self, user: int, task: int, days: int, more: int, less: int, by_hand: bool
    ) -> None:
        person, date = self.people[user], later(days)
        effort = self.model.remaining(person, date) + more
        self.give_or_wait(BOSS, self.tasks[task], person, date, effort)
        if {"id", "position"} <= set(self.last):
            place = sorted(self.model.waiting).index(self.last["id"])
            self.make_about_the_room_that_an_entry_waits_for(which=place, less=less, by_hand=by_hand)

    @rule(actor=actors)
    def read_who_waits(self, actor: int) -> None:
        me = self.people[actor]
        answer = self.call_both(lambda: None, 200, "GET", "/api/users/waiting/?page_size=200", actor=actor)
        seen = [(pk, one) for pk, one in self.model.waiting.items() if me in self.model.taskmasters or one.user == me]
        queue = sorted(seen, key=lambda found: (found[1].date, found[1].user, found[0]))
        assert [(one["id"], one["effort"]) for one in answer["results"]] == [(pk, one.effort) for pk, one in queue]
        places: Counter[tuple[int, datetime.date]] = Counter()
        for (_, one), shown in zip(queue, answer["results"], strict=True):
            places[one.user, one.date] += 1
            assert shown["position"] == places[one.user, one.date]

    @precondition(lambda self: self.model.given)
    @rule(which=numbers)
    def create_a_duplicate(self, which: int) -> None:
        one = self.model.given[self.any_assignment(which)]
        self.give(BOSS, one.task, one.user, one.date)

    @rule(
        actor=actors,
        task=tasks,
        user=people,
        first=st.none() | dates | st.just(LAST),
        effort=efforts,
        keyed=st.booleans(),
    )
    def earliest(
        self, actor: int, task: int, user: int, first: datetime.date | None, effort: int | None, keyed: bool
    ) -> None:
        self.give_earliest(actor, self.tasks[task], self.people[user], first, effort, keyed=keyed)

    @rule(items=scattered | crowded, each=st.booleans(), keyed=st.booleans())
    def bulk(self, items: list[tuple[int, int, datetime.date, int | None]], each: bool, keyed: bool) -> None:
        requested = [(self.tasks[task], self.people[user], date, effort) for task, user, date, effort in items]
        outcomes = self.model.bulk(self.people[BOSS], requested, each=each)
        refused = {number: outcome for number, outcome in enumerate(outcomes) if isinstance(outcome, Refused)}
        body = {
            "assignments": [
                filled({"task": task, "user": user, "date": date.isoformat(), "effort": effort})
                for task, user, date, effort in requested
            ],
            "mode": "each" if each else "all",
        }

        def work() -> None:
            if refused and not each:
                raise Refused(409, "bulk_refused")

        answer = self.call_both(work, 207 if each else 201, "POST", f"{PATH}bulk/", body, keyed=keyed)
        if answer is None:
            failures = self.last["failures"]
            assert [failure["index"] for failure in failures] == list(refused)
            for failure in failures:
                self.assert_same_refusal(failure, refused[failure["index"]])
            return
        results = answer["results"] if each else [{"status": 201, "assignment": one} for one in answer["assignments"]]
        made: list[Any] = []
        for outcome, result in zip(outcomes, results, strict=True):
            assert result["status"] == (outcome.status if isinstance(outcome, Refused) else 201)
            if isinstance(outcome, Refused):
                self.assert_same_refusal(result["error"], outcome)
            else:
                made.append(result["assignment"])
                self.model.given[made[-1]["id"]] = outcome
        for one in made:
            self.assert_same_assignment(one)

    @precondition(lambda self: self.model.given)
    @rule(
        actor=actors,
        which=numbers,
        user=st.none() | people,
        date=st.none() | dates,
        effort=efforts,
        status=st.sampled_from([None, None, "open", "done"]),
    )
    def change(
        self,
        actor: int,
        which: int,
        user: int | None,
        date: datetime.date | None,
        effort: int | None,
        status: str | None,
    ) -> None:
        person = None if user is None else self.people[user]
        self.patch(actor, self.any_assignment(which), person, date, effort, status)

    @precondition(lambda self: self.model.given)
    @rule(which=numbers, user=known, days=st.sampled_from([1, 2, -1]), effort=st.integers(1, 4))
    def move_with_another_effort(self, which: int, user: int, days: int, effort: int) -> None:
        pk = self.any_assignment(which)
        one = self.model.given[pk]
        date, effort = one.date + datetime.timedelta(days=days), effort + (effort >= one.effort)
        if self.patch(BOSS, pk, self.people[user], date, effort):
            Togo.moved_with_effort += 1

    @precondition(lambda self: self.model.given)
    @rule(which=numbers, more=st.sampled_from([1, 1, 2, 0, -1]))
    def change_the_effort_to_about_what_fits(self, which: int, more: int) -> None:
        pk = self.any_assignment(which)
        one = self.model.given[pk]
        effort = max(1, one.effort + self.model.remaining(one.user, one.date) + more)
        if not self.patch(BOSS, pk, None, None, effort) and self.last["code"] == "daily_limit_reached":
            assert more > 0
            Togo.kept_effort += 1

    @precondition(lambda self: self.model.given)
    @rule(actor=actors, which=numbers)
    def delete(self, actor: int, which: int) -> None:
        pk, me = self.any_assignment(which), self.people[actor]

        def work() -> None:
            self.model.require_may_unassign(me, self.model.find_visible(me, pk))
            del self.model.given[pk]

        self.call_both(work, 204, "DELETE", f"{PATH}{pk}/", actor=actor)
        if pk not in self.model.given:
            self.call_both(lambda: self.model.find_visible(me, pk), 204, "DELETE", f"{PATH}{pk}/", actor=actor)

    @precondition(lambda self: self.model.given)
    @rule(which=numbers)
    def close_a_day_and_unassign_a_task(self, which: int) -> None:
        """The tasks of that day stay, and a slot that one of them frees is not taken again."""
        pk = self.any_assignment(which)
        one = self.model.given.get(pk)
        if one is None or one.date < TODAY or self.model.days[one.user, one.date][1] == "hand":
            return
        # With its weekday, so that it comes before every other rule of that day.
        self.post_rule(Rule(0, one.user, one.date.weekday(), one.date, one.date, 0))
        day = DailyLimit.objects.get(user=one.user, date=one.date)
        assert (day.wanted, day.maximum) == (0, day.taken)
        self.call_both(lambda: self.model.given.pop(pk), 204, "DELETE", f"{PATH}{pk}/")
        day.refresh_from_db()
        assert day.maximum == day.taken == self.model.taken(one.user, one.date)
        Togo.closed += 1

    @precondition(lambda self: self.stored)
    @rule(which=numbers, other=st.booleans())
    def send_again(self, which: int, other: bool) -> None:
        actor, path, body, key, text = self.stored[which % len(self.stored)]
        if other:
            response = self.call("POST", path, {**body, "more": 1}, actor=actor, key=key)
            assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
        else:
            response = self.call("POST", path, body, actor=actor, key=key)
            assert (response.content, response["Idempotent-Replayed"]) == (text, "true")

    # --- limits ---

    @rule(actor=actors, user=known, date=dates, maximum=maxima)
    def set_by_hand(self, actor: int, user: int, date: datetime.date, maximum: int) -> None:
        self.put_limit(self.people[user], date, maximum, actor=actor)

    @precondition(lambda self: self.model.given)
    @rule(which=numbers, maximum=maxima)
    def set_the_limit_of_a_day_with_tasks(self, which: int, maximum: int) -> None:
        one = self.model.given[self.any_assignment(which)]
        self.put_limit(one.user, one.date, maximum, actor=BOSS)

    @rule(user=known, date=dates)
    def give_back(self, user: int, date: datetime.date) -> None:
        user = self.people[user]

        def work() -> None:
            if self.model.days.get((user, date), (0, ""))[1] == "hand":
                self.model.days[user, date] = self.model.pick(user, date)

        answer = self.call_both(work, 200, "DELETE", f"/api/users/limit/{user}/{date}/")
        self.assert_same_limit(answer, user, date)

    @rule(
        user=st.none() | known,
        weekday=st.sampled_from([None, None, 0, 1]),
        ends=st.sampled_from([(None, None), (None, None), (0, 1), (1, 1), (1, None), (None, 1), (-1, 366)]),
        maximum=maxima,
    )
    def create_a_rule(self, user: int | None, weekday: int | None, ends: tuple[Any, Any], maximum: int) -> None:
        person = None if user is None else self.people[user]
        first, last = (None if end is None else later(end) for end in ends)
        self.post_rule(Rule(0, person, weekday, first, last, maximum))

    @precondition(lambda self: self.model.rules)
    @rule(which=numbers, maximum=st.none() | maxima)
    def change_or_delete_a_rule(self, which: int, maximum: int | None) -> None:
        rules = sorted(self.model.rules)
        pk = rules[which % len(rules)]
        if maximum is None:
            self.call_both(lambda: None, 204, "DELETE", f"/api/users/limit-rule/{pk}/")
            del self.model.rules[pk]
        else:
            self.call_both(lambda: None, 200, "PATCH", f"/api/users/limit-rule/{pk}/", {"maximum": maximum})
            self.model.rules[pk].maximum = maximum
        self.model.follow_rules()
        self.serve()

    @rule(date=dates.filter(lambda date: date <= LAST))
    def daily_job(self, date: datetime.date) -> None:
        set_daily_limits(date.isoformat())
        for user, active in self.model.people.items():
            if active:
                self.model.set_day(user, date)

    @rule(active=st.booleans(), task=st.none() | st.sampled_from([0, 1]))
    def set_active(self, active: bool, task: int | None) -> None:
        if task is None:
            users.update_user(actor=None, user_id=self.people[BOB], is_active=active)
            self.model.people[self.people[BOB]] = active
        else:
            boss = User.objects.get(pk=self.people[BOSS])
            catalogue.update_task(actor=boss, task_id=self.tasks[task], is_active=active)
            self.model.tasks[self.tasks[task]] = active
        self.serve()

    @rule(task=st.integers(0, TASKS - 1), effort=st.integers(1, 4))
    def change_effort_of_task(self, task: int, effort: int) -> None:
        """It counts for later assignments."""
        pk = self.tasks[task]
        answer = self.call_both(lambda: None, 200, "PATCH", f"/api/tasks/{pk}/", {"effort": effort})
        assert answer["effort"] == effort
        self.model.efforts[pk] = effort

    # --- availability ---

    @rule(user=known, first=dates, days=st.sampled_from([1, 4, 366]), effort=efforts)
    def read_free_dates(self, user: int, first: datetime.date, days: int, effort: int | None) -> None:
        person = self.people[user]
        active = self.model.people[person]
        query = f"?user={person}&date_from={first}&days={days}{f'&effort={effort}' if effort else ''}"
        answer = self.call_both(lambda: None, 200, "GET", f"/api/users/availability/{query}")
        free, within = (
            [date.isoformat() for date in self.model.free_dates(person, first, length, effort or 1)] if active else []
            for length in (days, 366)
        )
        assert [day["date"] for day in answer["results"]] == free
        assert answer["next_free_date"] == (within[0] if within else None)

    @rule(date=dates, effort=efforts)
    def read_free_people(self, date: datetime.date, effort: int | None) -> None:
        query = f"?date={date}{f'&effort={effort}' if effort else ''}"
        answer = self.call_both(lambda: None, 200, "GET", f"/api/users/availability/{query}")
        expected = {
            user: self.model.remaining(user, date)
            for user, active in self.model.people.items()
            if active and date <= LAST and self.model.remaining(user, date) >= (effort or 1)
        }
        assert {one["user"]: one["remaining"] for one in answer["results"]} == expected

    @rule(user=known, task=tasks, effort=st.integers(1, 8))
    def take_the_next_free_date(self, user: int, task: int, effort: int) -> None:
        person = self.people[user]
        if free := self.read_next_free_date(person, TODAY, effort):
            self.give(BOSS, self.tasks[task], person, datetime.date.fromisoformat(free), effort)
            assert self.last.get("code") in {None, "already_assigned", "task_inactive", "task_not_found"}

    @rule(user=known, task=tasks, date=dates, effort=st.integers(4, 8), earliest=st.booleans())
    def follow_the_advice_of_a_refusal(
        self, user: int, task: int, date: datetime.date, effort: int, earliest: bool
    ) -> None:
        """Availability names the same next free date, and both `create` and `earliest` take it."""
        task, person = self.tasks[task], self.people[user]
        self.give(BOSS, task, person, date, effort)
        if self.last.get("code") != "daily_limit_reached":
            return
        advice, after = self.last["next_free_date"], date + datetime.timedelta(days=1)
        assert self.read_next_free_date(person, after, effort) == advice
        if earliest:
            self.give_earliest(BOSS, task, person, after, effort)
            assigned = {
                one.date.isoformat() for one in self.model.given.values() if (one.task, one.user) == (task, person)
            }
            assert advice is None or advice in assigned
        elif advice:
            self.give(BOSS, task, person, datetime.date.fromisoformat(advice), effort)
            assert self.last.get("code") in {None, "already_assigned"}
        Togo.followed += 1


@pytest.mark.fuzz
@pytest.mark.skipif(connection.vendor == "mysql", reason="runs on SQLite and PostgreSQL; MariaDB has tests/storm_test")
def test_the_api_and_the_model_agree_on_calls_in_random_order(
    transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TOGO_DEFAULT_DAILY_LIMIT = DEFAULT
    create_people_and_tasks(monkeypatch)
    run_state_machine_as_test(
        Togo,
        settings=hypothesis.settings(
            max_examples=80,
            stateful_step_count=40,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    # The calls reached every refusal, and a full day many times.
    assert sorted(Togo.refused) == ALL_REFUSALS, Player.served
    assert Togo.refused["daily_limit_reached"] > 100
    assert Togo.closed > 20
    assert Togo.kept_effort > 20
    assert Togo.followed > 20
    assert Player.served > 20
    assert Togo.moved_with_effort > 20
