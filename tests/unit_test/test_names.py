"""How names are stored and compared."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Value

from apps.models import Task, User
from apps.models.names import folded, tidy, tidy_username

COMPOSED, DECOMPOSED = "j\u00f6rg", "jo\u0308rg"


def test_a_name_has_one_form_and_no_blanks_around_it() -> None:
    assert tidy(f"\u00a0 {DECOMPOSED} \t") == COMPOSED
    # Characters that only look alike stay: "m²" is not "m2". Django replaces them in usernames.
    assert tidy("m\u00b2") == "m\u00b2"
    assert tidy_username(f" {DECOMPOSED}\uff42 ") == f"{COMPOSED}b"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (COMPOSED, DECOMPOSED.upper(), True),
        ("Bank reconciliation", " bank  RECONCILIATION ", True),
        ("stra\u00dfe", "STRASSE", True),
        ("wine", "vine", False),
        ("m\u00b2", "m2", False),
        ("jorg", COMPOSED, False),
    ],
)
def test_names_are_the_same_whatever_their_form_capitals_and_blanks(one: str, other: str, same: bool) -> None:
    assert (folded(one) == folded(other)) is same


@pytest.mark.django_db
def test_a_name_is_stored_tidy_and_found_in_any_form() -> None:
    task = Task.objects.create(name=f" {DECOMPOSED} ")
    person = User.objects.create(username=f" {DECOMPOSED} ", first_name=f" {DECOMPOSED} ", password="!")

    assert (task.name, person.username, person.first_name) == (COMPOSED, COMPOSED, COMPOSED)
    task.refresh_from_db()
    person.refresh_from_db()
    assert (task.name, person.username, person.first_name) == (COMPOSED, COMPOSED, COMPOSED)
    for form in (COMPOSED, DECOMPOSED, f" {DECOMPOSED} "):
        assert Task.objects.get(name=form) == Task.objects.get(name__in=[form]) == task
        assert Task.objects.search(form).get() == task
        assert User.objects.get(username=form) == User.objects.get_by_natural_key(form) == person
        assert User.objects.search(form).get() == person


@pytest.mark.django_db
def test_a_changed_name_is_tidy_however_it_is_changed(cooking: Task) -> None:
    Task.objects.filter(pk=cooking.pk).update(name=f" {DECOMPOSED} ")
    assert Task.objects.values_list("name", flat=True).get() == COMPOSED

    cooking.name = f" {DECOMPOSED}2 "
    cooking.save()
    assert Task.objects.values_list("name", flat=True).get() == f"{COMPOSED}2"
    Task.objects.bulk_create([Task(name=f"{DECOMPOSED}3 ")])
    assert Task.objects.filter(name=f"{COMPOSED}3").exists()


@pytest.mark.django_db
def test_the_upgrade_tidies_names_that_an_older_version_wrote() -> None:
    tidied = MigrationLoader(None).get_migration("togo", "0012_tidy_names").operations[0]
    task = Task.objects.create(name="old")
    person = User.objects.create(username="old", password="!")
    Task.objects.update(name=Value(f"{DECOMPOSED} "))
    User.objects.update(first_name=Value(DECOMPOSED), last_name=Value("Miller"))
    assert not Task.objects.filter(name=COMPOSED).exists()

    before = MigrationLoader(None).project_state(("togo", "0012_tidy_names")).apps
    tidied.code(before, SimpleNamespace(connection=connection))

    task.refresh_from_db()
    person.refresh_from_db()
    assert (task.name, person.first_name, person.last_name) == (COMPOSED, COMPOSED, "Miller")
