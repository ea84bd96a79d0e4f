"""The table of answers. `api` and `page` take those to a person about their own data, a person about somebody else's, a
taskmaster and an admin. `each` takes two more: for anonymous callers in front, for deactivated people at the end. The
answers to API keys follow from the taskmaster's, because they are a taskmaster's keys.

After a change here: `python -m tests.access`, which writes docs/access.md.
"""

from tests.access.table.account import ACCOUNT, SESSIONS
from tests.access.table.admin import ADMIN_PAGES
from tests.access.table.board import BOARD
from tests.access.table.keeping import PEOPLE_PAGES, RULE_PAGES, TASK_PAGES
from tests.access.table.pages import PAGES
from tests.access.table.people import API_KEYS, PEOPLE, TOKENS
from tests.access.table.planning import ASSIGNMENTS, HISTORY, LIMITS, TASKS
from tests.access.table.plans import DISTRIBUTIONS, SERIES
from tests.access.table.system import OPEN
from tests.access.table.telling import MESSAGE_PAGES, MESSAGES, WEBHOOK_PAGES, WEBHOOKS

SECTIONS = {
    "Tokens": TOKENS,
    "API keys": API_KEYS,
    "Assignments": ASSIGNMENTS,
    "Distributions": DISTRIBUTIONS,
    "Series": SERIES,
    "Limits": LIMITS,
    "Tasks": TASKS,
    "Messages": MESSAGES,
    "Webhooks": WEBHOOKS,
    "People": PEOPLE,
    "History and calendar": HISTORY,
    "Health, metrics and documentation": OPEN,
    "Sign-in to the pages": SESSIONS,
    "One's own account": ACCOUNT,
    "The board": BOARD,
    "My day, plans, series, imports and insights": PAGES,
    "People (pages)": PEOPLE_PAGES,
    "Tasks (pages)": TASK_PAGES,
    "Rules (pages)": RULE_PAGES,
    "Messages (pages)": MESSAGE_PAGES,
    "Webhooks (pages)": WEBHOOK_PAGES,
    "Admin pages": ADMIN_PAGES,
}

ROWS = [row for rows in SECTIONS.values() for row in rows]
