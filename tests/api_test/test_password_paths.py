"""Every path that takes a password is in the tables of `test_passwords_off.py`, which test that it can be closed."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework import serializers

from tests.api_test.test_passwords_off import PATHS

# These don't take a password: a code or a token that was given for one, and a redirect to the sign-in page.
AFTER_A_PASSWORD = {"sign-in/code/", "api/users/token/refresh/", "admin/login/"}


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each path with its view."""
    for route in resolver.url_patterns:
        path = prefix + str(route.pattern)
        if isinstance(route, URLResolver):
            yield from routes(route, path)
        else:
            assert isinstance(route, URLPattern)
            yield path, route.callback


def subclasses(of: Any) -> Iterator[Any]:
    for one in of.__subclasses__():
        yield one
        yield from subclasses(one)


def takes_a_password(shape: Any) -> bool:
    """Whether a form or a body has a field for a password."""
    fields = getattr(shape, "base_fields", None) or getattr(shape, "_declared_fields", {})
    return any("password" in name or _is_hidden(field) for name, field in fields.items())


def _is_hidden(field: Any) -> bool:
    return isinstance(getattr(field, "widget", None), forms.PasswordInput)


def shapes_with_a_password() -> set[str]:
    """The names of ToGo's forms and bodies that have such a field."""
    shapes = {*subclasses(forms.BaseForm), *subclasses(serializers.Serializer)}
    return {one.__name__ for one in shapes if one.__module__.startswith("apps.") and takes_a_password(one)}


def test_the_tables_name_every_path_whose_view_reads_a_password() -> None:
    # First the routes: they import all forms and bodies.
    views = list(routes(get_resolver()))
    uses_one = re.compile(rf"\b({'|'.join(shapes_with_a_password())})\b")
    found = set()
    for path, view in views:
        code = getattr(view, "view_class", None) or inspect.unwrap(view)
        if code.__module__.startswith("apps.") and uses_one.search(inspect.getsource(code)):
            found.add(path)
    for model, page in admin.site._registry.items():
        if takes_a_password(page.form):
            found |= {f"admin/togo/{model._meta.model_name}/{rest}" for rest in ("add/", "<path:object_id>/change/")}

    assert found == PATHS - AFTER_A_PASSWORD


def test_the_tables_name_every_path_that_sounds_like_passwords() -> None:
    told = {path for path, _ in routes(get_resolver()) if re.search("password|token|sign-in|login", path)}
    # It ends a token; the page after a change; the links to calendars and in messages; the provider's sign-in.
    others = {"api/users/token/revoke/", "admin/password_change/done/"}
    others |= {"api/users/calendar/token/", "api/users/calendar/<str:token>.ics"}
    told -= {path for path in told if path.startswith(("sign-in/oidc/", "account/sign-ins/", "messages/"))}

    assert told - others <= PATHS
