"""The message that bin/run prints once ToGo runs."""

import datetime

_TRY = """
Try the two calls, in another terminal:

  TOKEN=$(curl -sS -X POST {url}/api/users/token/ -H 'Content-Type: application/json' \\
    -d '{{"username": "a", "password": "1"}}' | python3 -c 'import json, sys; print(json.load(sys.stdin)["access"])')
  curl -sS -X POST {url}/api/users/assignment/ -H 'Content-Type: application/json' \\
    -H "Authorization: Bearer $TOKEN" -d '{{"task": 1, "user": 2, "date": "{today}"}}'
"""


def text(url: str, *, demo: bool, admin: str | None, provider: str, today: datetime.date, python: str) -> str:
    """The URL, who can sign in, the main pages, and two calls to try."""
    if provider:
        who = f"Sign in with {provider}."
    elif demo:
        who = "Sign in as a (taskmaster and admin) or b, with the password 1."
    elif admin:
        who = f"Sign in as {admin}, an admin."
    else:
        who = (
            "Nobody can sign in yet: start ToGo with TOGO_ADMIN_USERNAME and TOGO_ADMIN_PASSWORD set,\n"
            f"or make an admin now with: {python} manage.py createsuperuser"
        )
    return f"""
ToGo runs at {url}

{who}

  Plan a week  {url}/
  Try the API  {url}/api/docs/
  Admin pages  {url}/admin/
{_TRY.format(url=url, today=today) if demo else ""}
Ctrl-C stops it.
"""
