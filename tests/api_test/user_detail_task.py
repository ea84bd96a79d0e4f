"""Assigning tasks to a person through the API: `manage.py test tests.api_test.user_detail_task`.

Each test signs in with a password, calls the API, and checks the answer and the rows in the database.
"""

# ruff: noqa: PT009  (Django's runner runs it with nothing but requirements.txt: no pytest, no clock to freeze)

from datetime import UTC, date, datetime
from typing import Any
from unittest import mock

from django.test import TestCase

from apps.models import Assignment, DailyLimit, Task, User
from apps.services import limit_rules, limits, users

TOKEN = "/api/users/token/"
ASSIGNMENT = "/api/users/assignment/"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class UserDetailTaskTest(TestCase):
    taskmaster: User
    alice: User
    bob: User
    tasks: list[Task]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.taskmaster = users.create_user(
            actor=None, username="taskmaster", password="who gives the tasks", is_taskmaster=True
        )
        cls.alice = users.create_user(actor=None, username="alice", password="who is given tasks")
        cls.bob = User.objects.create(username="bob", password="!")
        cls.tasks = [Task.objects.create(name=f"task {number}") for number in range(1, 9)]

    def setUp(self) -> None:
        self.enterContext(mock.patch("django.utils.timezone.now", return_value=NOON))

    def sign_in(self, username: str, password: str) -> dict[str, str]:
        """The header with the access token of the answer."""
        answer = self.client.post(TOKEN, {"username": username, "password": password}, "application/json")
        self.assertEqual(answer.status_code, 200, answer.content)
        self.assertEqual(set(answer.json()), {"access", "refresh"})
        return {"Authorization": f"Bearer {answer.json()['access']}"}

    def assign(
        self, number: int, person: User, headers: dict[str, str] | None = None, day: str = "2026-03-02"
    ) -> tuple[int, Any]:
        headers = headers or self.sign_in("taskmaster", "who gives the tasks")
        body = {"task": self.tasks[number].pk, "user": person.pk, "date": day}
        answer = self.client.post(ASSIGNMENT, body, "application/json", headers=headers)
        return answer.status_code, answer.json()

    def test_a_taskmaster_signs_in_and_assigns_a_task(self) -> None:
        status, answer = self.assign(0, self.alice)

        assignment = Assignment.objects.get()
        self.assertEqual(status, 201)
        self.assertEqual(
            answer,
            {
                "id": assignment.pk,
                "task": self.tasks[0].pk,
                "user": self.alice.pk,
                "date": "2026-03-02",
                "taskmaster": self.taskmaster.pk,
                "status": "open",
                "effort": 1,
                "created_at": "2026-03-02T12:00:00Z",
                "limit": {
                    "maximum": 5,
                    "taken": 1,
                    "remaining": 4,
                    "source": {"kind": "default", "rule": None, "reason": ""},
                },
            },
        )

    def test_refuses_the_task_past_the_limit_and_says_which_day_is_free(self) -> None:
        limits.set_by_hand(actor=self.taskmaster, user_id=self.alice.pk, date=date(2026, 3, 2), maximum=1)
        headers = self.sign_in("taskmaster", "who gives the tasks")
        self.assertEqual(self.assign(0, self.alice, headers)[0], 201)

        status, problem = self.assign(1, self.alice, headers)

        self.assertEqual((status, problem["code"]), (409, "daily_limit_reached"))
        self.assertEqual((problem["maximum"], problem["taken"]), (1, 1))
        self.assertEqual(self.assign(1, self.alice, headers, day=problem["next_free_date"])[0], 201)
        self.assertEqual(Assignment.objects.filter(daily_limit__date="2026-03-02").count(), 1)

    def test_limits_differ_from_person_to_person(self) -> None:
        limit_rules.create_rule(actor=self.taskmaster, user_id=self.alice.pk, maximum=1)
        limit_rules.create_rule(actor=self.taskmaster, user_id=self.bob.pk, maximum=2)
        headers = self.sign_in("taskmaster", "who gives the tasks")

        of_alice = [self.assign(number, self.alice, headers)[0] for number in range(3)]
        of_bob = [self.assign(number, self.bob, headers)[0] for number in range(3)]

        self.assertEqual((of_alice, of_bob), ([201, 409, 409], [201, 201, 409]))
        self.assertEqual(DailyLimit.objects.get(user=self.alice).taken, 1)
        self.assertEqual(DailyLimit.objects.get(user=self.bob).taken, 2)

    def test_a_task_that_is_taken_away_can_be_assigned_again(self) -> None:
        headers = self.sign_in("taskmaster", "who gives the tasks")
        _, answer = self.assign(0, self.alice, headers)
        self.assertEqual(self.assign(0, self.alice, headers)[1]["code"], "already_assigned")

        deleted = self.client.delete(f"{ASSIGNMENT}{answer['id']}/", headers=headers)

        self.assertEqual((deleted.status_code, deleted.content), (204, b""))
        self.assertEqual(DailyLimit.objects.get().taken, 0)
        self.assertEqual(self.assign(0, self.alice, headers)[0], 201)

    def test_a_person_assigns_to_themselves_and_to_nobody_else(self) -> None:
        headers = self.sign_in("alice", "who is given tasks")

        self.assertEqual(self.assign(0, self.alice, headers)[0], 201)
        status, problem = self.assign(1, self.bob, headers)

        self.assertEqual((status, problem["code"]), (403, "not_allowed"))
        self.assertEqual(Assignment.objects.get().user_id, self.alice.pk)

    def test_refuses_a_wrong_password_and_a_call_without_a_token(self) -> None:
        wrong = self.client.post(TOKEN, {"username": "alice", "password": "a guess"}, "application/json")
        self.assertEqual((wrong.status_code, wrong.json()["code"]), (401, "invalid_credentials"))

        status, problem = self.assign(0, self.alice, headers={"X-Nothing": ""})

        self.assertEqual((status, problem["code"]), (401, "not_authenticated"))
        self.assertFalse(Assignment.objects.exists())
