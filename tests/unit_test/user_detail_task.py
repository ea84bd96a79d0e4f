"""Assigning tasks to a person through the services: `manage.py test tests.unit_test.user_detail_task`."""

# ruff: noqa: PT009, PT027  (Django's runner runs it with nothing but requirements.txt: no pytest, no clock to freeze)

from datetime import UTC, date, datetime
from unittest import mock

from django.test import TestCase

from apps.exceptions.assignments import AlreadyAssigned, DailyLimitReached
from apps.exceptions.base import NotAllowed
from apps.models import Assignment, DailyLimit, Task, User
from apps.services import assignments, limit_rules, limits

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class UserDetailTaskTest(TestCase):
    taskmaster: User
    alice: User
    bob: User
    tasks: list[Task]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.taskmaster = User.objects.create(username="taskmaster", password="!", is_taskmaster=True)
        cls.alice = User.objects.create(username="alice", password="!")
        cls.bob = User.objects.create(username="bob", password="!")
        cls.tasks = [Task.objects.create(name=f"task {number}") for number in range(1, 9)]

    def setUp(self) -> None:
        self.enterContext(mock.patch("django.utils.timezone.now", return_value=NOON))

    def assign(self, number: int, person: User, day: date = MONDAY, actor: User | None = None) -> Assignment:
        return assignments.assign(
            actor=actor or self.taskmaster, task_id=self.tasks[number].pk, user_id=person.pk, date=day
        )

    def taken(self, person: User, day: date = MONDAY) -> tuple[int, int]:
        """The day's `taken`, and the number of its assignments."""
        limit = DailyLimit.objects.get(user=person, date=day)
        return limit.taken, limit.assignments.count()

    def test_a_day_without_a_limit_gets_one_with_the_first_task(self) -> None:
        assignment = self.assign(0, self.alice)

        limit = DailyLimit.objects.get()
        self.assertEqual(assignment.daily_limit, limit)
        self.assertEqual((limit.user, limit.date, limit.maximum, limit.taken), (self.alice, MONDAY, 5, 1))
        self.assertEqual(limit.source, {"kind": "default", "rule": None, "reason": ""})

    def test_refuses_the_task_past_the_limit(self) -> None:
        limits.set_by_hand(actor=self.taskmaster, user_id=self.alice.pk, date=MONDAY, maximum=2, reason="Half a day")
        self.assign(0, self.alice)
        self.assign(1, self.alice)

        with self.assertRaises(DailyLimitReached) as refusal:
            self.assign(2, self.alice)

        self.assertEqual(
            refusal.exception.data,
            {
                "user": self.alice.pk,
                "date": MONDAY,
                "effort": 1,
                "maximum": 2,
                "taken": 2,
                "remaining": 0,
                "source": {"kind": "hand", "rule": None, "reason": "Half a day"},
                "next_free_date": TUESDAY,
            },
        )
        self.assertEqual(self.taken(self.alice), (2, 2))

    def test_limits_differ_from_person_to_person(self) -> None:
        limit_rules.create_rule(actor=self.taskmaster, user_id=self.alice.pk, maximum=1)
        limit_rules.create_rule(actor=self.taskmaster, user_id=self.bob.pk, maximum=3)

        for person, maximum in ((self.alice, 1), (self.bob, 3)):
            for number in range(maximum):
                self.assign(number, person)
            with self.assertRaises(DailyLimitReached):
                self.assign(maximum, person)
            self.assertEqual(self.taken(person), (maximum, maximum))

    def test_limits_differ_from_day_to_day(self) -> None:
        limits.set_by_hand(actor=self.taskmaster, user_id=self.alice.pk, date=MONDAY, maximum=1)
        limits.set_by_hand(actor=self.taskmaster, user_id=self.alice.pk, date=TUESDAY, maximum=2)
        self.assign(0, self.alice, MONDAY)

        with self.assertRaises(DailyLimitReached):
            self.assign(1, self.alice, MONDAY)
        self.assign(0, self.alice, TUESDAY)
        self.assign(1, self.alice, TUESDAY)

        self.assertEqual((self.taken(self.alice, MONDAY), self.taken(self.alice, TUESDAY)), ((1, 1), (2, 2)))

    def test_a_task_that_is_taken_away_makes_room_for_the_same_task(self) -> None:
        limits.set_by_hand(actor=self.taskmaster, user_id=self.alice.pk, date=MONDAY, maximum=1)
        first = self.assign(0, self.alice)

        assignments.unassign(actor=self.taskmaster, assignment_id=first.pk)
        self.assertEqual(self.taken(self.alice), (0, 0))
        again = self.assign(0, self.alice)

        self.assertNotEqual(again.pk, first.pk)
        self.assertEqual(self.taken(self.alice), (1, 1))

    def test_refuses_the_same_task_twice_a_day_and_takes_no_slot_for_it(self) -> None:
        first = self.assign(0, self.alice)

        with self.assertRaises(AlreadyAssigned) as refusal:
            self.assign(0, self.alice)

        self.assertEqual(refusal.exception.data["assignment"], first.pk)
        self.assertEqual(self.taken(self.alice), (1, 1))

    def test_a_person_assigns_to_themselves_and_to_nobody_else(self) -> None:
        mine = self.assign(0, self.alice, actor=self.alice)
        self.assertEqual(mine.taskmaster, self.alice)

        with self.assertRaises(NotAllowed):
            self.assign(1, self.bob, actor=self.alice)

        self.assertFalse(DailyLimit.objects.filter(user=self.bob).exists())
        self.assertEqual(Assignment.objects.get(), mine)
