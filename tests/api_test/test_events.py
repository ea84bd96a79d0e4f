"""`/api/users/event/`: the history."""

import itertools
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.models import Event, Task, User
from apps.models.events import Kind
from apps.services import assignments, events, limit_rules, limits
from tests.api_test.test_problems import assert_problem, nothing_written
from tests.conftest import TODAY

SignIn = Callable[[User], APIClient]
EVENTS = "/api/users/event/"
TUESDAY = date(2026, 3, 3)


@pytest.fixture
def history(taskmaster: User, alice: User, stranger: User, tasks: list[Task]) -> dict[str, int]:
    """The ids of the events by a name for each, oldest first."""
    names = []

    def note(name: str, kind: Kind, person: User | None, **more: Any) -> None:
        events.note(kind, actor_id=taskmaster.pk, user_id=person and person.pk, **more)
        names.append(name)

    Event.objects.all().delete()
    note("alice cooks", Kind.ASSIGNED, alice, task=tasks[0], date=TODAY, assignment_id=1)
    note("stranger reads", Kind.ASSIGNED, stranger, task=tasks[1], date=TUESDAY, assignment_id=2)
    note("from alice", Kind.MOVED, stranger, task=tasks[0], date=TUESDAY, assignment_id=1, from_user_id=alice.pk)
    note("alice's limit", Kind.LIMIT_SET, alice, date=TUESDAY, data={"maximum": 3})
    note("everyone's rule", Kind.RULE_CREATED, None, data={"rule": {"maximum": 0}})
    return dict(zip(names, Event.objects.order_by("pk").values_list("pk", flat=True), strict=True))


@pytest.fixture
def visible_events(history: dict[str, int], signed_in: SignIn) -> Callable[..., list[str]]:
    """A function that returns the names of the events that a person sees."""

    def ask(person: User, query: str = "") -> list[str]:
        names = {event_id: name for name, event_id in history.items()}
        response = signed_in(person).get(f"{EVENTS}?{query}")
        assert response.status_code == 200
        return [names[row["id"]] for row in response.json()["results"]]

    return ask


def test_an_event_has_its_kind_its_time_and_its_actor(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    events.note(
        Kind.ASSIGNED,
        actor_id=taskmaster.pk,
        user_id=alice.pk,
        task=cooking,
        date=TODAY,
        assignment_id=7,
        data={"a": 1},
    )

    response = signed_in(taskmaster).get(EVENTS)

    assert response.status_code == 200
    assert response.json() == {
        "results": [
            {
                "id": Event.objects.get().pk,
                "at": "2026-03-02T12:00:00Z",
                "actor": taskmaster.pk,
                "kind": "assigned",
                "user": alice.pk,
                "task": cooking.pk,
                "task_name": "cooking",
                "date": "2026-03-02",
                "assignment": 7,
                "data": {"a": 1},
            }
        ],
        "next": None,
        "previous": None,
    }


def test_changes_of_limits_and_rules_are_in_the_history(taskmaster: User, alice: User, signed_in: SignIn) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TODAY, maximum=3, reason="Inventory")
    rule = limit_rules.create_rule(actor=taskmaster, maximum=2)

    made, by_hand = signed_in(taskmaster).get(EVENTS).json()["results"]

    assert (by_hand["kind"], by_hand["user"], by_hand["date"]) == ("limit_set", alice.pk, "2026-03-02")
    assert (by_hand["data"]["maximum"], by_hand["data"]["reason"]) == (3, "Inventory")
    assert (made["kind"], made["user"], made["date"], made["task_name"]) == ("rule_created", None, None, "")
    assert made["data"]["rule"]["id"] == rule.pk


def test_an_event_outlives_its_assignment_and_task(
    taskmaster: User, alice: User, cooking: Task, signed_in: SignIn
) -> None:
    given = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)
    assignments.unassign(actor=taskmaster, assignment_id=given.pk)
    cooking.delete()

    rows = signed_in(alice).get(EVENTS).json()["results"]

    assert [(row["kind"], row["task_name"], row["assignment"]) for row in rows] == [
        ("unassigned", "cooking", given.pk),
        ("assigned", "cooking", given.pk),
    ]


def test_taskmasters_see_all_events_and_others_only_their_own(
    admin: User, taskmaster: User, alice: User, stranger: User, visible_events: Callable[..., list[str]]
) -> None:
    everything = ["everyone's rule", "alice's limit", "from alice", "stranger reads", "alice cooks"]

    assert visible_events(taskmaster) == visible_events(admin) == everything
    assert visible_events(alice) == ["alice's limit", "from alice", "alice cooks"]
    assert visible_events(stranger) == ["from alice", "stranger reads"]
    # A filter reveals neither the new assignee of a moved task nor its new date.
    assert visible_events(alice, f"user={stranger.pk}") == []
    assert visible_events(alice, "date_from=2026-03-03&date_to=2026-03-03&kind=moved") == []
    assert visible_events(taskmaster, f"user={stranger.pk}") == ["from alice", "stranger reads"]


def test_the_history_can_be_filtered(
    taskmaster: User, alice: User, stranger: User, tasks: list[Task], visible_events: Callable[..., list[str]]
) -> None:
    assert visible_events(taskmaster, f"user={alice.pk}") == ["alice's limit", "from alice", "alice cooks"]
    assert visible_events(taskmaster, f"task={tasks[0].pk}") == ["from alice", "alice cooks"]
    assert visible_events(taskmaster, f"user={stranger.pk}&task={tasks[1].pk}") == ["stranger reads"]
    assert visible_events(taskmaster, "date_from=2026-03-03") == ["alice's limit", "from alice", "stranger reads"]
    assert visible_events(taskmaster, "date_to=2026-03-02") == ["alice cooks"]
    assert visible_events(taskmaster, "date_from=2026-03-02&date_to=2026-03-02") == ["alice cooks"]
    assert visible_events(taskmaster, "kind=assigned&date_from=2026-03-03") == ["stranger reads"]
    assert visible_events(taskmaster, "user=9223372036854775807") == []


@pytest.mark.parametrize("size", [1, 3, 6, 7, 8])
def test_every_event_is_on_one_page_newest_first_forwards_and_backwards(
    taskmaster: User, alice: User, signed_in: SignIn, size: int
) -> None:
    for offset in range(7):
        events.note(Kind.LIMIT_SET, actor_id=taskmaster.pk, user_id=alice.pk, date=TODAY + timedelta(days=offset))
    expected = list(Event.objects.order_by("-pk").values_list("pk", flat=True))

    caller = signed_in(alice)

    def pages(address: str, direction: str) -> Iterator[list[int]]:
        while address:
            page = caller.get(address).json()
            yield [row["id"] for row in page["results"]]
            address = page[direction]

    first = f"{EVENTS}?page_size={size}&kind=limit_set"
    forwards = list(pages(first, "next"))
    assert list(itertools.chain(*forwards)) == expected
    assert all(len(page) == size for page in forwards[:-1])
    last = first
    while following := caller.get(last).json()["next"]:
        last = following
    assert list(pages(last, "previous")) == forwards[::-1]


def test_the_history_needs_a_token_and_can_only_be_read(
    taskmaster: User, history: dict[str, int], signed_in: SignIn
) -> None:
    with nothing_written():
        assert_problem(APIClient().get(EVENTS), 401, "not_authenticated")
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert_problem(signed_in(taskmaster).generic(method, EVENTS), 405, "method_not_allowed")
            assert_problem(signed_in(taskmaster).generic(method, f"{EVENTS}1/"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("user=me", "user"),
        ("user=0", "user"),
        ("task=9223372036854775808", "task"),
        ("date_from=2026-02-30", "date_from"),
        ("date_from=2026-03-03&date_to=2026-03-02", "date_to"),
        ("kind=everything", "kind"),
        ("kind=", "kind"),
        ("assignment=1", "assignment"),
        ("cursor=x", "cursor"),
        ("page_size=0", "page_size"),
    ],
)
def test_refuses_a_bad_filter(alice: User, signed_in: SignIn, query: str, field: str) -> None:
    (error,) = assert_problem(signed_in(alice).get(f"{EVENTS}?{query}"), 400, "invalid_request")["errors"]

    assert error["field"] == field


def test_a_former_assignee_does_not_see_where_their_task_went(
    taskmaster: User, alice: User, stranger: User, cooking: Task, signed_in: SignIn
) -> None:
    given = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TODAY)
    assignments.change(actor=taskmaster, assignment_id=given.pk, user_id=stranger.pk, date=TUESDAY)

    def moved(person: User) -> Any:
        return signed_in(person).get(EVENTS, {"kind": "moved"}).json()["results"][0]

    was = {"user": alice.pk, "date": "2026-03-02"}
    assert (moved(alice)["user"], moved(alice)["date"], moved(alice)["data"]["from"]) == (None, None, was)
    for person in (stranger, taskmaster):
        assert (moved(person)["user"], moved(person)["date"]) == (stranger.pk, "2026-03-03")
