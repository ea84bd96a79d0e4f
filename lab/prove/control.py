"""A copy of ToGo without the guard: what the checker must find."""

import shutil
from pathlib import Path

from lab.prove.system import ROOT

# The takes as they are, and without their condition; bounded, so that the database's own check doesn't stand in for it.
_CHANGES = {
    "apps/services/taking.py": {
        "SET taken = taken + 1": "SET taken = CASE WHEN taken < maximum THEN taken + 1 ELSE taken END",
        " AND taken < maximum": "",
    },
    "apps/services/assignments.py": {
        "from django.db.models.functions import Greatest": "from django.db.models.functions import Greatest, Least",
        'days.with_room().update(taken=F("taken") + 1)': 'days.update(taken=Least(F("taken") + 1, F("maximum")))',
    },
}


def without_guard(folder: Path) -> Path:
    """Copy the code there and take the guard out of the copy. Raises `RuntimeError` where there is none to be found."""
    for name in ("apps", "togo", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    for name, changes in _CHANGES.items():
        path = folder / name
        text = path.read_text()
        for guarded, unguarded in changes.items():
            if text.count(guarded) != 1:
                raise RuntimeError(f"{name} takes slots in another way now: mend lab/prove/control.py")
            text = text.replace(guarded, unguarded)
        path.write_text(text)
    return folder
