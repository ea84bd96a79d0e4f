"""`POST /api/users/assignment/` on PostgreSQL with an API key, compared with an access token."""

from dataclasses import replace

from apps.models import User
from apps.models.api_keys import Scope
from apps.services import api_keys
from lab.bench import dataset, report
from lab.bench.turns import Caller, table, take_turns


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    pairs, seconds, people, days = (2, 0.5, 2000, 5) if quick else (80, 1.0, 5000, 20)
    data = dataset.create(people, days)
    _, key = api_keys.create(actor=User.objects.get(username="boss"), name="bench", scope=Scope.ASSIGN)
    with_token, with_key = Caller(data), Caller(replace(data, token=key))
    callers = {"access token": with_token, "API key": with_key}
    take_turns(callers, pairs=pairs, seconds=seconds)
    return [
        "## With an API key",
        "",
        *table(callers),
        report.at_most("processor time with a key relative to a token", 1.02, with_key.cost / with_token.cost),
    ]
