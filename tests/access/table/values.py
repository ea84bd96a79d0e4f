"""Answers and bodies that several parts of the table have."""

DAY = "2026-03-03"

FORBIDDEN = "403 not_allowed"

NO_PERSON = "404 user_not_found"

NOTHING = "404 not_found"

CREDENTIALS = {"username": "{name}", "password": "{password}"}

PASSWORDS = {"old_password": "{password}", "new_password": "of another choice"}

BY_HAND = {"maximum": 4, "reason": "Training"}

NEW_KEY = {"name": "nightly import", "scope": "read"}

NAME = {"name": "baking"}

NEW = {"username": "newcomer", "password": "of their own choice"}

# Where a form redirects to if the request names no page to go back to.
DONE = "302 /"
