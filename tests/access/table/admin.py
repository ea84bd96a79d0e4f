"""The admin pages."""

from tests.access.rows import ANY, SIGN_IN, Row, admin_page, each
from tests.access.table.values import BY_HAND, NAME, NEW

# For each model with admin pages: the object that they show, the form that adds one, and the form that changes one.
_ADMIN_MODELS = {
    "user": (
        "whose",
        {**NEW, "is_active": "on"},
        {"first_name": "New", "is_active": "on"},
    ),
    "task": ("task", {**NAME, "is_active": "on", "effort": "1"}, {"name": "baking", "is_active": "on", "effort": "1"}),
    "limitrule": ("rule", {"maximum": "3"}, {"maximum": "2", "user": "{whose}"}),
    "dailylimit": ("day", {"user": "{whose}", "date": "2026-03-09", **BY_HAND}, BY_HAND),
}


def _pages_of(name: str) -> list[Row]:
    thing, made, changed = _ADMIN_MODELS[name]
    path, one = f"/admin/togo/{name}/", f"/admin/togo/{name}/{{object_id}}/"
    stays = name in ("user", "dailylimit")
    return [
        admin_page("GET", path, "200"),
        admin_page("POST", path, "200", case="no action"),
        admin_page("GET", f"{path}add/", "200"),
        admin_page("POST", f"{path}add/", f"302 {path}", sends=made),
        admin_page("GET", one, f"302 {one}change/".replace("object_id", "id"), thing=thing),
        admin_page("POST", one, f"302 {one}change/".replace("object_id", "id"), thing=thing),
        admin_page("GET", f"{one}change/", "200", thing=thing),
        admin_page("GET", f"{one}change/", "302 /admin/", case="doesn't exist", thing="missing"),
        admin_page("POST", f"{one}change/", f"302 {path}", thing=thing, sends=changed),
        admin_page("GET", f"{one}delete/", "403" if stays else "200", thing="spare" if name == "task" else thing),
        admin_page(
            "POST",
            f"{one}delete/",
            "403" if stays else f"302 {path}",
            thing="spare" if name == "task" else thing,
            sends={"post": "yes"},
        ),
        admin_page("GET", f"{one}history/", "200", thing=thing),
        admin_page("POST", f"{one}history/", "200", thing=thing),
    ]


_ACCESS = "/admin/togo/user/{object_id}/access/"

_PERSON_PAGE = "302 /admin/togo/user/{id}/change/"

# The answer to people who are not signed in: there is nothing to sign out of.
_INDEX = "302 /admin/"

ADMIN_PAGES = [
    each(ANY, "/admin/login/", SIGN_IN),
    admin_page("GET", "/admin/", "200"),
    admin_page("POST", "/admin/", "200"),
    admin_page("GET", "/admin/togo/", "200"),
    admin_page("POST", "/admin/togo/", "200"),
    *(row for name in _ADMIN_MODELS for row in _pages_of(name)),
    admin_page("GET", _ACCESS, "405", thing="whose"),
    admin_page("POST", _ACCESS, _PERSON_PAGE, case="a key ends", thing="whose", sends={"end_key": "{key}"}),
    admin_page("POST", _ACCESS, _PERSON_PAGE, case="all sessions end", thing="whose", sends={"end_sessions": "1"}),
    admin_page("GET", "/admin/autocomplete/", "200", query="app_label=togo&model_name=limitrule&field_name=user"),
    admin_page("POST", "/admin/autocomplete/", "405"),
    admin_page("GET", "/admin/jsi18n/", "200"),
    admin_page("POST", "/admin/jsi18n/", "405"),
    admin_page("GET", "/admin/password_change/", "200"),
    admin_page("POST", "/admin/password_change/", "200", case="an empty form"),
    admin_page("GET", "/admin/password_change/done/", "200"),
    admin_page("POST", "/admin/password_change/done/", "405"),
    admin_page("GET", "/admin/r/{content_type_id}/{object_id}/", "404", thing="missing"),
    admin_page("POST", "/admin/r/{content_type_id}/{object_id}/", "404", thing="missing"),
    each("GET", "/admin/logout/", _INDEX, "403", "403", "403", "405", _INDEX),
    each("POST", "/admin/logout/", _INDEX, "403", "403", "403", "200", _INDEX),
    admin_page("GET", "/admin/{url}", "404", case="any other path"),
    admin_page("POST", "/admin/{url}", "404", case="any other path"),
]
