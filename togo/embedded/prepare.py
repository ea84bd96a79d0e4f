"""Prepares the database: `python -m togo.embedded.prepare`, a process of its own so that its memory is freed.

It prints JSON for the supervisor, or exits with one line on stderr if ToGo must not start.
"""

import argparse
import io
import json
import os
import sys

import django
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection


def main() -> None:
    """Migrate, load the demonstration, make the first admin, and refuse known passwords if others reach this ToGo."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo", action="store_true", help="load the demonstration")
    parser.add_argument("--open", action="store_true", help="others reach this ToGo")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "togo.settings")
    django.setup()
    try:
        _migrate()
        json.dump(_prepare(demo=options.demo, is_open=options.open), sys.stdout)
    except CommandError as error:
        raise SystemExit(str(error)) from None
    except DatabaseError as error:
        # Databases add details on more lines; join them into one.
        raise SystemExit(f"The database can't be used: {' '.join(str(error).split())}") from None


def _migrate() -> None:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def _prepare(*, demo: bool, is_open: bool) -> dict[str, object]:
    from django.conf import settings
    from django.contrib.auth import authenticate

    from apps.models import User
    from apps.services import users

    # The demonstration comes first, so that its people have the ids 1 and 2.
    if demo:
        call_command("seed_demo", stdout=io.StringIO())
    call_command("ensure_admin", stdout=io.StringIO())
    if is_open and users.demo_passwords_work():
        raise SystemExit(
            "The demonstration's passwords work here, and everyone knows them: ToGo may listen on this machine only, "
            f"without a TOGO_PUBLIC_URL. Change them ({sys.executable} manage.py changepassword a, and b) or set "
            "TOGO_HOME to another folder."
        )
    first = User.objects.active().filter(is_admin=True).order_by("pk").values_list("username", flat=True).first()
    works = not is_open and authenticate(username="a", password=users.DEMO_PASSWORDS["a"]) is not None
    if settings.TOGO_PASSWORDS == "off":
        return {"demo": False, "admin": None, "provider": settings.TOGO_OIDC_NAME}
    return {"demo": works, "admin": first, "provider": ""}


if __name__ == "__main__":
    main()
