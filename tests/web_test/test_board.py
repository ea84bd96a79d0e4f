"""The board without scripts, and the fragments that its script requests."""

import datetime
import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from apps.models import Assignment, DailyLimit, Event, LimitRule, Task, User
from apps.services import assignments, limit_rules, limits
from apps.services import board as board_service
from apps.services.board import example, late, pages
from apps.services.shared.formats import Place
from tests.api_test.test_problems import nothing_written
from tests.clock import freeze_time
from tests.conftest import TODAY, make_person

MONDAY = TODAY
TUESDAY = TODAY + datetime.timedelta(days=1)


@pytest.fixture
def page(taskmaster: User, client: Client) -> Client:
    """A browser in which the taskmaster is signed in."""
    client.force_login(taskmaster)
    return client


@pytest.fixture
def given(taskmaster: User, alice: User, cooking: Task) -> Assignment:
    """Cooking, assigned to Alice today."""
    return assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)


def text_of(response: Any) -> str:
    """The text of the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def cell_of(response: Any, person: User, date: datetime.date) -> str:
    """The text of a day's cell, with what its links are called."""
    page = response.content.decode()
    [cell] = re.findall(rf'<td id="cell-{person.pk}-{date}".*?</td>', page, re.DOTALL)
    named = re.sub(r'<a [^>]*aria-label="([^"]*)"[^>]*>', r" \1 ", cell)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", named)).split())


def state_of(response: Any, person: User, date: datetime.date) -> str:
    """The CSS classes of a day's cell."""
    [names] = re.findall(rf'id="cell-{person.pk}-{date}" class="([^"]*)"', response.content.decode())
    return str(names)


def messages_of(response: Any) -> list[str]:
    """The messages on the page."""
    return [str(message) for message in response.context["messages"]]


# --- permissions ------------------------------------------------------------------------------------------------


READ = ["/board/", "/board/month/", "/board/rows/", "/board/changes/", "/board/people/", "/board/tray/", "/board/keys/"]
WRITTEN = ["/board/limits/", "/board/assign/", "/board/days-off/", "/board/copy/", "/board/late/"]


def test_the_board_is_for_taskmasters_only(alice: User, given: Assignment, client: Client) -> None:
    forms = [*WRITTEN, f"/board/assignment/{given.pk}/", f"/board/day/{alice.pk}/2026-03-02/"]
    paths = [*READ, "/board/free/2026-03-02/", *forms]
    for path in paths:
        response = client.get(path)
        assert (response.status_code, response["Location"]) == (302, f"/sign-in/?next={path}")
    client.force_login(alice)
    with nothing_written():
        for path in paths:
            assert client.get(path).status_code == 403, path
        for path in (*forms, f"/board/assignment/{given.pk}/remove/"):
            assert client.post(path, {"task": 1, "cell": "1:2026-03-02"}).status_code == 403, path


def test_a_person_is_redirected_to_their_day_and_a_taskmaster_to_the_board(page: Client, alice: User) -> None:
    assert page.get("/")["Location"] == "/board/"
    page.force_login(alice)
    assert page.get("/")["Location"] == "/today/"
    page.logout()
    assert page.get("/")["Location"] == "/sign-in/"


# --- display ----------------------------------------------------------------------------------------------------


def test_a_day_shows_its_tasks_its_taken_slots_and_the_reason_for_its_limit(
    page: Client, taskmaster: User, alice: User, given: Assignment
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=2, reason="Half a day")
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TUESDAY, maximum=0, reason="Dentist")

    board = page.get("/board/")

    monday = cell_of(board, alice, MONDAY)
    assert "alice, Monday 2 March: 1 of 2 tasks taken." in monday
    assert " 1/2 " in monday
    assert "Limit 2: “Half a day”, set by hand for this day." in monday
    assert monday.endswith("cooking")
    assert state_of(board, alice, MONDAY) == "cell nearly"
    assert state_of(board, alice, TUESDAY) == "cell off"
    assert "0 of 0 tasks taken, day off. Limit 0: “Dentist”, set by hand for this day. off" in cell_of(
        board, alice, TUESDAY
    )
    wednesday = TUESDAY + datetime.timedelta(days=1)
    assert state_of(board, alice, wednesday) == "cell free unset"
    assert "Not set yet. Limit 5: the default of this installation" in cell_of(board, alice, wednesday)
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=1)
    assert state_of(page.get("/board/"), alice, MONDAY) == "cell full"


def test_a_week_is_shown_by_its_number_and_today_is_marked(page: Client) -> None:
    board = page.get("/board/")
    assert "Week 10" in text_of(board)
    assert board.content.decode().count('aria-current="date"') == 1

    other = page.get("/board/?week=2026-W48")
    assert "Week 48 23 Nov – 29 Nov 2026" in text_of(other)
    assert 'aria-current="date"' not in other.content.decode()
    assert 'href="?week=2026-W47"' in other.content.decode()
    assert 'href="?week=2026-W49"' in other.content.decode()


def links(response: Any, pattern: str) -> list[str]:
    """The addresses on the page that match the pattern, as a browser follows them."""
    found = re.findall(r'href="([^"]*)"', response.content.decode())
    return [html.unescape(address) for address in found if re.search(pattern, address)]


@pytest.mark.no_db
def test_the_boards_own_links_lead_through_120_weeks_forwards_and_backwards(page: Client, alice: User) -> None:
    """Over two turns of the year, 2026 with 53 weeks: search, export and live updates work in each week."""
    seen = ["2026-W10"]
    board = page.get("/board/")
    for _ in range(120):
        _, following = links(board, r"^\?week=[^&]*$")
        board = page.get(f"/board/{following}")
        assert board.status_code == 200, following
        [monday] = re.findall(r'<time datetime="([^"]*)">Week', board.content.decode())
        seen.append(monday)
        [export] = links(board, r"^/board/export\.csv")
        assert page.get(export).status_code == 200, export
        [asked] = re.findall(r'name="week" value="([^"]*)"', board.content.decode())
        assert page.get("/board/", {"week": asked, "q": ""}).status_code == 200
        assert changes(page, board, alice).status_code == 204
    assert len(set(seen)) == 121
    assert seen[seen.index("2026-W52") : seen.index("2026-W52") + 4] == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]

    for expected in reversed(seen[:-1]):
        previous, _ = links(board, r"^\?week=[^&]*$")
        board = page.get(f"/board/{previous}")
        assert previous == f"?week={expected}"
        assert board.status_code == 200


@pytest.mark.parametrize(
    "query",
    ["week=2026-W60", "week=2026-48", "week=x", "week=0000-W01", "week=0001-W01", "week=9999-W52", f"q={'x' * 151}"],
)
def test_nonsense_in_the_address_is_refused_with_the_name_of_the_field(page: Client, query: str) -> None:
    response = page.get(f"/board/?{query}")

    assert response.status_code == 400
    assert f"{query.split('=')[0]}: " in text_of(response)


def test_a_search_is_in_the_address_and_its_links_keep_it_until_it_is_cleared(
    page: Client, alice: User, stranger: User
) -> None:
    found = page.get("/board/?q=ali")
    assert "stranger" not in text_of(found)
    for link in (r"^\?week=2026-W11&", r"^/board/\?q=", r"span=two-weeks", r"^/board/month/"):
        [address] = links(found, link)
        following = page.get(address if address.startswith("/") else f"/board/{address}")
        assert ("alice" in text_of(following), "stranger" in text_of(following)) == (True, False), address
    [export] = links(found, r"^/board/export\.csv")
    assert "q=ali" in export
    [cleared] = re.findall(r'href="([^"]*)" aria-label="Show everyone again', found.content.decode())
    assert "stranger" in text_of(page.get(f"/board/{cleared}"))
    assert "stranger" in text_of(page.get("/board/"))
    assert "Nobody is called “nobody”" in text_of(page.get("/board/?q=nobody"))


@pytest.mark.every_database
def test_people_come_in_pages_forwards_and_backwards(page: Client) -> None:
    for number in range(59):
        make_person(f"p{number:03}")

    def names(response: Any) -> list[str]:
        return re.findall(r'data-choose aria-label="Choose all days of ([^"]*)"', response.content.decode())

    def link(response: Any, word: str) -> str:
        [address] = re.findall(rf'href="(\?week=2026-W10&amp;{word}=[^"]*)"', response.content.decode())
        return "/board/" + address.replace("&amp;", "&")

    first = page.get("/board/")
    second = page.get(link(first, "after"))
    third = page.get(link(second, "after"))
    assert [len(names(response)) for response in (first, second, third)] == [25, 25, 10]
    assert names(first) + names(second) + names(third) == [f"p{number:03}" for number in range(59)] + ["taskmaster"]
    assert names(page.get(link(third, "before"))) == names(second)
    assert names(page.get(link(second, "before"))) == names(first)
    [scrolled] = re.findall(r'hx-get="([^"]*/rows/[^"]*)"', first.content.decode())
    assert names(page.get(html.unescape(scrolled))) == names(second)


def test_a_month_shows_how_full_days_are_and_leads_to_weeks_and_days(
    page: Client, alice: User, given: Assignment
) -> None:
    month = page.get("/board/month/")

    assert "March 2026" in text_of(month)
    assert {"?month=2026-02", "?month=2026-04"} <= set(links(month, r"^\?month="))
    assert f"/board/day/{alice.pk}/2026-03-31/" in links(month, "/board/day/")
    assert "/board/?week=2026-W14" in links(month, r"/board/\?week=")
    assert 'aria-label="alice, Monday 2 March: 1 of 5 tasks taken">1</a>' in month.content.decode()
    assert f"/board/day/{alice.pk}/" not in page.get("/board/month/?month=2026-12&q=task").content.decode()
    for nonsense in ("2026-13", "2026", "x", "9999-01", "0001-01"):
        assert page.get(f"/board/month/?month={nonsense}").status_code == 400, nonsense


def test_how_the_board_looks_is_remembered(page: Client, alice: User) -> None:
    assert 'class="board comfortable week"' in page.get("/board/").content.decode()
    page.get("/board/?size=compact&weekends=folded")
    assert 'class="board compact week fold"' in page.get("/board/?week=2026-W48").content.decode()
    assert 'type="checkbox"' not in page.get("/board/").content.decode()
    assert f'value="{alice.pk}:2026-03-02"' in page.get("/board/?choose=on").content.decode()


def test_an_open_task_of_a_past_day_is_late_and_the_head_shows_the_load_of_everyone(
    page: Client, given: Assignment
) -> None:
    assert 'aria-label="1 of 5 tasks taken by everyone. Who is free on Monday?"' in page.get("/board/").content.decode()
    assert "chip late" not in page.get("/board/").content.decode()
    with freeze_time("2026-03-03 12:00"):
        assert 'class="chip late"' in page.get("/board/").content.decode()


def test_names_are_shown_literally(page: Client, taskmaster: User) -> None:
    names = ["<script>alert(1)</script>", "🌿 גינה", "ا" * 255, '"&<b>x']
    person = make_person("zoe", first_name="<i>Zoë</i>", last_name="بن")
    for name in names:
        task = Task.objects.create(name=name)
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=MONDAY)

    content = page.get("/board/").content.decode()

    assert "<script>alert" not in content
    assert "<i>" not in content
    assert "&lt;i&gt;Zoë&lt;/i&gt; بن" in content
    assert re.findall(r'dir="auto"[^>]*>([^<]*)</a>', content) == [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        names[1],
        names[2],
        "&quot;&amp;&lt;b&gt;x",
    ]
    assert f'title="{html.escape(names[0])}"' in content


def test_a_page_of_people_with_five_tasks_a_day_needs_fewer_than_ten_queries(
    page: Client, taskmaster: User, tasks: list[Task], django_assert_max_num_queries: Any
) -> None:
    people = [make_person(f"p{number:02}") for number in range(49)]
    for person in people[:6]:
        for task in tasks[:5]:
            assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=MONDAY)

    page.get("/today/")  # The first page notes that this browser is signed in.
    with django_assert_max_num_queries(9):
        board = page.get("/board/")

    assert board.content.decode().count('class="chip"') == 30
    assert board.content.decode().count("data-cell=") == pages.PEOPLE_PER_PAGE * 7


def test_cells_of_many_days_are_read_with_a_few_queries_for_each_date(
    alice: User, given: Assignment, django_assert_max_num_queries: Any
) -> None:
    people = [alice, *(make_person(f"p{number}") for number in range(10))]
    places = [Place(person.pk, date) for person in people for date in (MONDAY, TUESDAY)]

    with django_assert_max_num_queries(11):
        cells = board_service.cells_of([*places, places[0], Place(0, MONDAY)])

    assert {cell.place for _, cell in cells} == set(places)
    assert len(cells) == len(places)
    assert [one for person, cell in cells for one in cell.assignments if cell.place.user_id == person.pk] == [given]


def test_the_first_run_shows_three_steps_and_they_go_with_the_first_assignment(
    page: Client, taskmaster: User, client: Client
) -> None:
    def steps() -> list[bool]:
        content = page.get("/board/").content.decode()
        return ["done" in item for item in re.findall(r"<li[^>]*><b>", content)]

    assert "Three steps to the first planned day" in text_of(page.get("/board/"))
    assert steps() == [False, False, False]
    alice = make_person("alice")
    assert steps() == [True, False, False]
    cooking = Task.objects.create(name="cooking")
    assert steps() == [True, True, False]
    one = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)
    assert steps() == []
    assignments.unassign(actor=taskmaster, assignment_id=one.pk)
    assert "Three steps" not in text_of(page.get("/board/"))


@pytest.mark.every_database
def test_the_demonstration_loads_an_example_team_with_one_click(admin: User, client: Client, settings: Any) -> None:
    client.force_login(admin)
    settings.TOGO_EMBEDDED = False
    assert "Load an example team" not in text_of(client.get("/board/"))
    assert client.post("/board/example-team/").status_code == 403
    settings.TOGO_EMBEDDED = True
    with freeze_time("2026-03-04T12:00:00Z"):
        assert "Load an example team" in text_of(client.get("/board/"))

        shown = text_of(client.post("/board/example-team/", {"back": "/board/"}, follow=True))

        assert "The example team is here." in shown
        assert "Aiko Tanaka" in shown
        assert "Three steps" not in shown
        assert client.post("/board/example-team/").status_code == 403
        assert late.number(actor=admin) == 1
    assert User.objects.count() == 11
    assert set(Task.objects.values_list("name", flat=True)) == {name for name, *_ in example.TASKS}
    assert Assignment.objects.filter(daily_limit__date__gte="2026-03-09").count() > 50
    assert not Assignment.objects.filter(daily_limit__date__week_day__in=[1, 7]).exists()


# --- assigning --------------------------------------------------------------------------------------------------


def test_a_task_is_chosen_and_assigned(page: Client, taskmaster: User, alice: User, cooking: Task) -> None:
    choice = page.get(f"/board/assign/?cell={alice.pk}:2026-03-02&q=cook")
    assert f'name="task" value="{cooking.pk}"' in choice.content.decode()
    assert "A task for alice on Monday 2 March" in text_of(choice)

    sent = {"cell": f"{alice.pk}:2026-03-02", "task": cooking.pk, "back": "/board/?week=2026-W10"}
    response = page.post("/board/assign/", sent, follow=True)

    assert response.redirect_chain == [("/board/?week=2026-W10", 302)]
    assert messages_of(response) == ["cooking is assigned."]
    assert cell_of(response, alice, MONDAY).endswith("cooking")
    one = Assignment.objects.get()
    assert (one.user_id, one.date, one.task, one.taskmaster) == (alice.pk, MONDAY, cooking, taskmaster)


def test_a_missing_task_is_created_and_assigned(page: Client, alice: User) -> None:
    assert "Create “ baking ” and assign it" in text_of(page.get(f"/board/assign/?cell={alice.pk}:2026-03-02&q=baking"))

    page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "name": "baking"})

    assert Assignment.objects.get().task == Task.objects.get(name="baking")


def test_a_task_that_differs_only_in_capitals_blanks_or_form_is_offered_and_not_duplicated(
    page: Client, alice: User
) -> None:
    Task.objects.create(name="Jörg’s wine")
    for name in ("jörg’s wine", "JÖRG’S  WINE", " Jörg’s\u00a0wine "):
        choice = page.get("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "q": name})
        assert "Jörg’s wine" in text_of(choice)
        assert "Create" not in text_of(choice)
        with nothing_written():
            refused = page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "name": name})
        assert refused.status_code == 409
        assert "A task of this name exists already. Choose it below." in text_of(refused)


def test_an_exact_name_comes_first_and_then_names_that_begin_with_the_text(page: Client, alice: User) -> None:
    for name in ("a wine list", "wine tasting", "red wine", "Wine", "bread"):
        Task.objects.create(name=name)

    choice = page.get("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "q": "wine"})

    names = re.findall(r'name="task" value="\d+"><bdi>([^<]*)', choice.content.decode())
    assert names == ["Wine", "wine tasting", "a wine list", "red wine"]


def test_a_full_day_cannot_be_chosen_says_why_and_offers_the_next_one(
    page: Client, taskmaster: User, alice: User, stranger: User, given: Assignment
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=1, reason="Half a day")

    choice = page.get(f"/board/assign/?cell={alice.pk}:2026-03-02")

    assert (
        "This day is full: 1 of 1 task taken. The limit comes from: “Half a day”, set by hand for this day."
        in text_of(choice)
    )
    assert 'name="task"' not in choice.content.decode()
    assert f'href="/board/assign/?cell={alice.pk}:2026-03-03"' in choice.content.decode()
    baking = Task.objects.create(name="baking")
    with nothing_written():
        refused = page.post("/board/assign/", {"cell": f"{alice.pk}:2026-03-02", "task": baking.pk})
    assert refused.status_code == 409
    assert "Assign it on Tuesday 3 March instead" in text_of(refused)
    assert f'name="cell" value="{alice.pk}:2026-03-03"' in refused.content.decode()
    assert f'name="task" value="{baking.pk}"' in refused.content.decode()
    assert "Free on Monday 2 March stranger has room for 5 tasks Assign it" in text_of(refused)
    assert f'name="cell" value="{stranger.pk}:2026-03-02"' in refused.content.decode()


def test_an_answer_to_the_script_is_only_the_cell_and_a_message(page: Client, alice: User, cooking: Task) -> None:
    sent = {"cell": f"{alice.pk}:2026-03-02", "task": cooking.pk}
    response = page.post("/board/assign/", sent, headers={"HX-Request": "true"})

    html = response.content.decode()
    assert (response.status_code, response["HX-Reswap"], response["HX-Trigger"]) == (
        200,
        "none",
        "assigned, panel-done",
    )
    assert html.count("<td") == 1
    assert "<html" not in html
    assert "cooking is assigned." in text_of(response)


@pytest.mark.every_database
def test_who_is_free_on_a_date_is_one_click_away(
    page: Client, taskmaster: User, alice: User, stranger: User, given: Assignment
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=stranger.pk, date=MONDAY, maximum=0)
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Liddell")

    free = text_of(page.get("/board/free/2026-03-02/"))

    assert "Free on Monday 2 March Alice Liddell has room for 4 tasks Assign" in free
    assert "stranger" not in free


def test_the_picker_begins_with_what_one_gave_last_and_ends_with_what_is_there_already(
    page: Client, taskmaster: User, alice: User, given: Assignment
) -> None:
    for name in ("baking", "wine"):
        Task.objects.create(name=name)

    def options(date: str) -> list[tuple[str, str]]:
        content = page.get(f"/board/assign/?cell={alice.pk}:{date}").content.decode()
        return re.findall(r'name="task" value="\d+"( disabled)?><bdi>([^<]*)', content)

    assert options("2026-03-03") == [("", "cooking"), ("", "baking"), ("", "wine")]
    # Enter chooses the first one.
    assert options("2026-03-02") == [("", "baking"), ("", "wine"), (" disabled", "cooking")]
    assert "is there already" in text_of(page.get(f"/board/assign/?cell={alice.pk}:2026-03-02"))


def test_those_whose_day_is_full_get_the_task_on_their_next_free_days_with_one_click(
    page: Client, taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    for person in (alice, stranger):
        limits.set_by_hand(actor=taskmaster, user_id=person.pk, date=MONDAY, maximum=0, reason="Holiday")
    cells = [f"{person.pk}:2026-03-02" for person in (alice, stranger, taskmaster)]

    refused = page.post("/board/assign/", {"cell": cells, "task": cooking.pk})
    assert "Give it to the others on their next free days" in text_of(refused)
    later = re.findall(r'name="cell" value="([^"]*)"', refused.content.decode())
    assert set(later) == {f"{person.pk}:2026-03-03" for person in (alice, stranger)}

    assert "Assigned to 2 of 2 days" in text_of(page.post("/board/assign/", {"cell": later, "task": cooking.pk}))


@pytest.mark.every_database
def test_a_task_is_assigned_to_several_days_with_a_result_for_each(
    page: Client, taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TUESDAY, maximum=0, reason="Dentist")
    cells = [f"{alice.pk}:2026-03-02", f"{alice.pk}:2026-03-03", f"{stranger.pk}:2026-03-02"]
    assert "A task for 3 days" in text_of(page.get("/board/assign/", {"cell": cells}))

    response = page.post("/board/assign/", {"cell": cells, "task": cooking.pk})

    assert "Assigned to 2 of 3 days" in text_of(response)
    assert "alice , Tue 3 Mar : This day is off (Dentist). The next free day is Wed 4 Mar." in text_of(response)
    assert set(Assignment.objects.values_list("daily_limit__user", "daily_limit__date")) == {
        (alice.pk, MONDAY),
        (stranger.pk, MONDAY),
    }


def test_the_picker_says_how_to_choose_days_if_none_is_chosen(page: Client) -> None:
    assert "Choose days on the board first" in text_of(page.get("/board/assign/"))


@pytest.mark.parametrize(
    "sent",
    [
        {"cell": "1", "task": 1},
        {"cell": "x:2026-03-02", "task": 1},
        {"cell": "1:2026-02-30", "task": 1},
        {"cell": f"{2**63}:2026-03-02", "task": 1},
        {"cell": "1:2026-03-02", "task": "x"},
        {"cell": "1:2026-03-02", "task": 2**63},
        {"cell": "1:2026-03-02", "name": "\x00"},
        {"cell": "1:2026-03-02", "name": "x" * 256},
        {"cell": "1:2026-03-02"},
        {"task": 1},
        {},
    ],
)
def test_values_that_the_page_never_sends_are_refused(page: Client, cooking: Task, sent: dict[str, Any]) -> None:
    with nothing_written():
        assert page.post("/board/assign/", sent).status_code == 400


# --- an assignment ----------------------------------------------------------------------------------------------


def test_an_assignment_is_moved_by_a_form_and_back_by_undo(
    page: Client, alice: User, stranger: User, given: Assignment
) -> None:
    path = f"/board/assignment/{given.pk}/"
    assert 'name="username" value="alice"' in page.get(path).content.decode()

    response = page.post(path, {"username": "stranger", "date": "2026-03-03"}, headers={"HX-Request": "true"})

    assert re.findall(r'<td id="(cell-[^"]*)"', response.content.decode()) == [
        f"cell-{alice.pk}-2026-03-02",
        f"cell-{stranger.pk}-2026-03-03",
    ]
    given.refresh_from_db()
    assert (given.user_id, given.date) == (stranger.pk, TUESDAY)
    undo = response.context["toast"]["action"]
    page.post(undo["path"], undo["fields"])
    given = Assignment.objects.get(pk=given.pk)
    assert (given.user_id, given.date) == (alice.pk, MONDAY)


def test_a_move_to_a_full_day_is_refused_with_the_reason_and_the_next_day_as_one_click(
    page: Client, taskmaster: User, alice: User, given: Assignment
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TUESDAY, maximum=0, reason="Dentist")

    with nothing_written():
        sent = {"cell": f"{alice.pk}:2026-03-03"}
        response = page.post(f"/board/assignment/{given.pk}/", sent, headers={"HX-Request": "true"})

    assert response.status_code == 409
    assert "Tue 3 Mar is off (Dentist); the next day with room is Wed 4 Mar." in text_of(response)
    assert cell_of(response, alice, MONDAY).endswith("cooking")
    offer = response.context["toast"]["action"]
    page.post(offer["path"], offer["fields"])
    assert Assignment.objects.get().date == datetime.date(2026, 3, 4)


def test_moving_to_nobody_is_refused(page: Client, given: Assignment) -> None:
    with nothing_written():
        response = page.post(f"/board/assignment/{given.pk}/", {"username": "nobody"})

    assert (response.status_code, "Nobody has the username “nobody”." in text_of(response)) == (404, True)


def test_an_assignment_is_marked_done_and_opened_again(page: Client, given: Assignment) -> None:
    for status, text in (("done", "cooking is done."), ("open", "cooking is open again.")):
        response = page.post(f"/board/assignment/{given.pk}/", {"status": status, "back": "/board/"}, follow=True)
        assert messages_of(response) == [text]
        assert Assignment.objects.get().status == status


def test_a_task_that_is_done_on_one_day_and_open_on_another_looks_so_on_each(
    page: Client, taskmaster: User, alice: User, cooking: Task, given: Assignment
) -> None:
    other = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=TUESDAY)
    heavy = assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=taskmaster.pk, date=TUESDAY, effort=2)
    assignments.change(actor=taskmaster, assignment_id=given.pk, status="done")

    shown = re.findall(r'<a class="(chip[^"]*)"([^>]*) id="chip-(\d+)"', page.get("/board/").content.decode())
    found = {int(pk): (names, 'data-effort="2"' in more) for names, more, pk in shown}
    assert found == {given.pk: ("chip done", False), other.pk: ("chip", False), heavy.pk: ("chip", True)}


@pytest.mark.every_database
def test_undo_gives_a_task_back_or_says_that_the_slot_is_gone(
    page: Client, taskmaster: User, alice: User, given: Assignment
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=1)
    path = f"/board/assignment/{given.pk}/remove/"
    undo = page.post(path, headers={"HX-Request": "true"}).context["toast"]["action"]
    assert not Assignment.objects.exists()

    page.post(undo["path"], undo["fields"])
    [again] = Assignment.objects.all()

    page.post(f"/board/assignment/{again.pk}/remove/")
    baking = Task.objects.create(name="baking")
    assignments.assign(actor=taskmaster, task_id=baking.pk, user_id=alice.pk, date=MONDAY)
    late = page.post(undo["path"], undo["fields"], headers={"HX-Request": "true"})
    assert late.status_code == 409
    assert "This day is full" in text_of(late)
    assert [one.task for one in Assignment.objects.select_related("task")] == [baking]


def test_a_missing_assignment_is_reported(page: Client, given: Assignment) -> None:
    for path in (f"/board/assignment/{given.pk + 1}/", f"/board/assignment/{given.pk + 1}/remove/"):
        response = page.post(path, headers={"HX-Request": "true"})
        assert response.status_code == 404
        assert f"There is no assignment with the id {given.pk + 1}." in text_of(response)


# --- limits -----------------------------------------------------------------------------------------------------


def test_a_days_limit_is_set_with_a_reason_and_given_back(page: Client, alice: User) -> None:
    path = f"/board/day/{alice.pk}/2026-03-03/"
    assert "It isn’t set yet; this is what the rules would set now." in text_of(page.get(path))

    page.post(path, {"maximum": 3, "reason": "Training"})

    day = DailyLimit.objects.get(user=alice, date=TUESDAY)
    assert (day.maximum, day.source_kind, day.source_reason) == (3, "hand", "Training")
    assert "Let the rules set it" in text_of(page.get(path))
    page.post(path, {"give_back": "1"})
    day.refresh_from_db()
    assert (day.maximum, day.source_kind) == (5, "default")


@pytest.mark.parametrize("maximum", ["-1", "10001", "x", ""])
def test_an_invalid_limit_is_refused_beside_its_field(page: Client, alice: User, maximum: str) -> None:
    with nothing_written():
        response = page.post(f"/board/day/{alice.pk}/2026-03-03/", {"maximum": maximum})

    assert response.status_code == 409
    assert list(response.context["form"].errors) == ["maximum"]


def test_a_limit_below_taken_is_refused_with_the_reason(page: Client, alice: User, given: Assignment) -> None:
    with nothing_written():
        response = page.post(f"/board/day/{alice.pk}/2026-03-02/", {"maximum": 0})

    assert "1 task is taken on Mon 2 Mar; take it away first." in text_of(response)


@pytest.mark.every_database
def test_chosen_days_get_one_limit_with_a_result_for_each(
    page: Client, alice: User, stranger: User, given: Assignment
) -> None:
    cells = [f"{alice.pk}:2026-03-02", f"{alice.pk}:2026-03-03", f"{stranger.pk}:2026-03-02"]
    assert "A limit for 3 days 0 is a day off." in text_of(page.get("/board/limits/", {"cell": cells}))
    with nothing_written():
        assert page.post("/board/limits/", {"cell": cells, "maximum": "x"}).status_code == 409

    response = page.post("/board/limits/", {"cell": cells, "maximum": 0, "reason": "Training"})

    assert "2 of 3 days have a limit of 0" in text_of(response)
    assert "1 task is taken already" in text_of(response)
    days = DailyLimit.objects.filter(source_kind="hand").values_list("user", "date", "maximum", "source_reason")
    assert set(days) == {(alice.pk, TUESDAY, 0, "Training"), (stranger.pk, MONDAY, 0, "Training")}


@pytest.mark.every_database
def test_limits_of_several_days_become_what_they_were(
    page: Client, taskmaster: User, alice: User, stranger: User, given: Assignment
) -> None:
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=TUESDAY, maximum=3, reason="Half: a day")
    cells = [f"{alice.pk}:2026-03-03", f"{stranger.pk}:2026-03-03"]
    undo = page.post("/board/limits/", {"cell": cells, "maximum": 1}).context["undo"]
    assert undo["fields"] == {"limit": [f"{alice.pk}:2026-03-03:3:Half: a day", f"{stranger.pk}:2026-03-03"]}

    answer = page.post(undo["path"], undo["fields"], headers={"HX-Request": "true"})

    assert answer.context["toast"]["text"] == "2 days have their former limits again."
    days = DailyLimit.objects.filter(date=TUESDAY).values_list("user", "maximum", "source_kind", "source_reason")
    assert set(days) == {(alice.pk, 3, "hand", "Half: a day"), (stranger.pk, 5, "default", "")}
    with nothing_written():
        for wrong in ("x", f"{alice.pk}:2026-03-03:3", f"{alice.pk}:2026-03-03:10001:x"):
            assert page.post(undo["path"], {"limit": wrong}).status_code == 400
    assert "1 task is taken already" in text_of(page.post(undo["path"], {"limit": f"{alice.pk}:2026-03-02:0:"}))


@pytest.mark.every_database
def test_days_off_are_a_rule_for_a_person_or_for_everyone(page: Client, alice: User) -> None:
    dates = {"date_from": "2026-03-03", "date_to": "2026-03-04"}
    page.post("/board/days-off/", {"who": "person", "username": "alice", "reason": "Holiday", **dates})
    page.post("/board/days-off/", {"who": "everyone", "username": "alice", "reason": "Easter", "sure": "on", **dates})

    rows = LimitRule.objects.order_by("pk").values_list("user", "date_from", "date_to", "maximum", "reason")
    wednesday = datetime.date(2026, 3, 4)
    assert list(rows) == [(alice.pk, TUESDAY, wednesday, 0, "Holiday"), (None, TUESDAY, wednesday, 0, "Easter")]
    board = page.get("/board/")
    assert state_of(board, alice, TUESDAY) == "cell off unset"
    assert "Holiday" in cell_of(board, alice, TUESDAY)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"who": "person", "username": ""}, "username"),
        ({"who": "x"}, "who"),
        ({"who": "person", "username": "nobody"}, "__all__"),
        ({"who": "everyone", "date_to": "2026-03-01"}, "__all__"),
        ({"who": ""}, "who"),
        ({"who": "everyone", "date_from": ""}, "date_from"),
        ({"who": "everyone", "reason": ""}, "reason"),
    ],
)
def test_invalid_days_off_are_refused_beside_their_field(
    page: Client, alice: User, sent: dict[str, str], field: str
) -> None:
    whole = {"date_from": "2026-03-03", "date_to": "2026-03-04", "reason": "Holiday", **sent}
    with nothing_written():
        response = page.post("/board/days-off/", whole)

    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]


def test_days_off_for_everyone_first_show_their_effect_and_can_be_undone(
    page: Client, taskmaster: User, alice: User, given: Assignment, django_capture_on_commit_callbacks: Any
) -> None:
    sent = {"who": "everyone", "date_from": "2026-03-02", "date_to": "2026-03-03", "reason": "Easter"}
    with nothing_written():
        sure = page.post("/board/days-off/", sent)
    assert "2 days off for 2 people?" in text_of(sure)
    assert "1 open task already there stays" in text_of(sure)

    with django_capture_on_commit_callbacks(execute=True):
        done = page.post("/board/days-off/", {**sent, "sure": "on"}, headers={"HX-Request": "true"})
    assert "2 people: 2 days off. 1 open task already there stays." in text_of(done)
    board = page.get("/board/")
    assert "off, 1 task still there" in cell_of(board, alice, MONDAY)
    assert state_of(board, alice, MONDAY) == "cell off"
    assert "This day is off. 1 task still there." in text_of(page.get(f"/board/assign/?cell={alice.pk}:2026-03-02"))
    assert "Everyone , 2 Mar – 3 Mar : Easter" in text_of(page.get("/board/days-off/"))

    undo = done.context["toast"]["action"]
    again = page.post(undo["path"], undo["fields"], headers={"HX-Request": "true"}).context["toast"]["action"]
    assert not LimitRule.objects.exists()
    assert "0/5" in cell_of(page.get("/board/"), alice, TUESDAY)
    page.post(again["path"], again["fields"])
    assert LimitRule.objects.get().maximum == 0


@pytest.mark.every_database
def test_the_form_for_days_off_preselects_nobody(page: Client, alice: User) -> None:
    assert " checked" not in page.get("/board/days-off/").content.decode()
    assert 'value="person" required checked' in page.get("/board/days-off/?username=alice").content.decode()


# --- deactivated people -----------------------------------------------------------------------------------------


@pytest.mark.every_database
def test_deactivated_people_stay_on_the_board_while_they_have_open_tasks_and_these_are_handed_on(
    page: Client, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    for task, date in ((tasks[0], MONDAY), (tasks[1], TUESDAY), (tasks[2], TUESDAY)):
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=date)
    assignments.assign(actor=taskmaster, task_id=tasks[2].pk, user_id=stranger.pk, date=TUESDAY)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    board = page.get("/board/?week=2026-W48&q=ali")
    assert "alice Deactivated, 3 open tasks left Hand on" in text_of(board)
    assert f"cell={alice.pk}:" not in board.content.decode()
    path = f"/board/hand-on/{alice.pk}/"
    assert "3 open tasks from today on." in text_of(page.get(path))

    assert "Nobody has the username “nobody”." in text_of(page.post(path, {"username": "nobody"}))
    answer = text_of(page.post(path, {"username": "stranger"}))

    assert "2 of 3 handed on to stranger" in answer
    assert "task 3 , Tue 3 Mar : has this task already" in answer
    assert set(
        Assignment.objects.filter(daily_limit__user=stranger).values_list("task__name", "daily_limit__date")
    ) == {
        ("task 1", MONDAY),
        ("task 2", TUESDAY),
        ("task 3", TUESDAY),
    }
    [left] = Assignment.objects.filter(daily_limit__user=alice)
    page.post(f"/board/assignment/{left.pk}/remove/")
    assert "alice" not in text_of(page.get("/board/"))


@pytest.mark.every_database
def test_tasks_that_were_handed_on_go_back_to_somebody_who_is_deactivated_and_no_others_do(
    page: Client, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    theirs, other = [
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=person.pk, date=MONDAY)
        for task, person in ((tasks[0], alice), (tasks[1], stranger))
    ]
    User.objects.filter(pk=alice.pk).update(is_active=False)
    undo = page.post(f"/board/hand-on/{alice.pk}/", {"username": "stranger"}).context["undo"]
    forged = {"move": [f"{other.pk}:{alice.pk}:2026-03-02", f"{theirs.pk}:{alice.pk}:2026-03-03"]}
    with nothing_written():
        assert text_of(page.post(undo["path"], forged)).count("is deactivated") == 2

    answer = page.post(undo["path"], undo["fields"], headers={"HX-Request": "true"})

    assert answer.context["toast"]["text"] == "1 task is back on its day."
    assert "task 1" in cell_of(answer, alice, MONDAY)
    owners = dict(Assignment.objects.values_list("pk", "user"))
    assert owners == {theirs.pk: alice.pk, other.pk: stranger.pk}
    # Deleted meanwhile.
    Assignment.objects.all().delete()
    assert "0 tasks are back" in text_of(page.post(undo["path"], undo["fields"], follow=True))


@pytest.mark.parametrize("path", ["/board/limits/", "/board/assign/"])
def test_a_page_for_several_days_leads_to_the_board_if_none_are_chosen(page: Client, path: str) -> None:
    opened = page.get(path)

    assert "Choose days on the board first" in text_of(opened)
    assert 'href="/board/?choose=on"' in opened.content.decode()
    assert "0 days" not in text_of(opened)


def test_a_full_day_is_called_full_with_the_name_that_is_seen(
    page: Client, taskmaster: User, alice: User, cooking: Task
) -> None:
    User.objects.filter(pk=alice.pk).update(first_name="Alice", last_name="Ames")
    limits.set_by_hand(actor=taskmaster, user_id=alice.pk, date=MONDAY, maximum=1)
    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)

    assert 'aria-label="Alice Ames, Monday 2 March: 1 of 1 task taken, full.' in page.get("/board/").content.decode()


def test_people_are_suggested_while_typing(page: Client, alice: User, stranger: User) -> None:
    html = page.get("/board/people/?username=ali").content.decode()

    assert re.findall(r'<option value="([^"]*)"', html) == ["alice"]


# --- live updates -----------------------------------------------------------------------------------------------


def changes(page: Client, board: Any, *people: User) -> Any:
    [(since, look)] = re.findall(r'data-since="([^"]*)" data-look="([^"]*)"', board.content.decode())
    asked = urlencode({"since": since, "person": [one.pk for one in people]}, doseq=True)
    return page.get(f"/board/changes/{html.unescape(look)}&{asked}")


def test_only_the_rows_that_others_changed_are_sent(
    page: Client, taskmaster: User, alice: User, stranger: User, cooking: Task
) -> None:
    board = page.get("/board/")
    assert changes(page, board, alice, stranger).status_code == 204

    assignments.assign(actor=taskmaster, task_id=cooking.pk, user_id=alice.pk, date=MONDAY)

    response = changes(page, board, alice, stranger)
    assert re.findall(r'<tr id="([^"]*)"', response.content.decode()) == [f"row-{alice.pk}"]
    assert cell_of(response, alice, MONDAY).endswith("cooking")
    again = page.get(
        "/board/changes/", {"week": "2026-W10", "since": response["X-Board-Version"], "person": [alice.pk]}
    )
    assert again.status_code == 204


def test_the_board_costs_eight_queries_and_asking_it_for_changes_three(
    page: Client,
    taskmaster: User,
    alice: User,
    stranger: User,
    tasks: list[Task],
    django_assert_num_queries: Callable[[int], AbstractContextManager[Any]],
) -> None:
    for task in tasks[:5]:
        assignments.assign(actor=taskmaster, task_id=task.pk, user_id=alice.pk, date=MONDAY)
    page.get("/board/")

    # The session, its person, how far the history has come, people, rules, assignments, days and everybody's load.
    with django_assert_num_queries(8):
        board = page.get("/board/")

    with django_assert_num_queries(3):
        assert changes(page, board, alice, stranger).status_code == 204


@pytest.mark.every_database
def test_an_event_that_was_committed_late_is_not_missed(
    page: Client, taskmaster: User, alice: User, stranger: User, tasks: list[Task]
) -> None:
    late = assignments.assign(actor=taskmaster, task_id=tasks[0].pk, user_id=alice.pk, date=MONDAY)
    event = Event.objects.get(assignment=late.pk)
    Event.objects.filter(pk=event.pk).delete()
    assignments.assign(actor=taskmaster, task_id=tasks[1].pk, user_id=stranger.pk, date=MONDAY)
    board = page.get("/board/")
    event.save(force_insert=True)

    assert f"row-{alice.pk}" in changes(page, board, alice, stranger).content.decode()


def test_a_rule_for_everyone_changes_every_row(page: Client, taskmaster: User, alice: User, stranger: User) -> None:
    board = page.get("/board/")
    limit_rules.create_rule(
        actor=taskmaster, user_id=None, date_from=MONDAY, date_to=MONDAY, maximum=0, reason="Easter"
    )

    html = changes(page, board, alice, stranger).content.decode()

    assert re.findall(r'<tr id="([^"]*)"', html) == [f"row-{alice.pk}", f"row-{stranger.pk}"]


# --- forged forms -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fragment", [False, True])
def test_a_form_from_elsewhere_is_refused_in_plain_words(
    taskmaster: User, alice: User, cooking: Task, fragment: bool
) -> None:
    page = Client(enforce_csrf_checks=True)
    page.force_login(taskmaster)
    headers = {"HX-Request": "true"} if fragment else {}
    with nothing_written():
        sent = {"cell": f"{alice.pk}:2026-03-02", "task": cooking.pk}
        response = page.post("/board/assign/", sent, headers=headers)

    assert response.status_code == 403
    assert "This page is out of date, or another site sent you here." in text_of(response)


def test_a_form_never_redirects_to_another_site(page: Client, alice: User, cooking: Task) -> None:
    sent = {"cell": f"{alice.pk}:2026-03-02", "task": cooking.pk, "back": "https://example.org/"}

    assert page.post("/board/assign/", sent)["Location"] == "/"
