"""A copy of ToGo without the guard: what the checker must find."""

import shutil
from pathlib import Path

from prove.system import ROOT

# The take as it is, and without its condition; bounded, so that the database's own check doesn't stand in for it.
_FILE = "apps/services/assignments.py"
_GUARDED = 'days.with_room().update(taken=F("taken") + 1)'
_UNGUARDED = 'days.update(taken=Least(F("taken") + 1, F("maximum")))'
_IMPORT = "from django.db.models.functions import Greatest"


def without_guard(folder: Path) -> Path:
    """Copy the code there and take the guard out of the copy. Raises `RuntimeError` where there is none to be found."""
    for name in ("apps", "togo", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    path = folder / _FILE
    text = path.read_text()
    if text.count(_GUARDED) != 1 or text.count(_IMPORT) != 1:
        raise RuntimeError(f"{_FILE} takes slots in another way now: mend prove/control.py")
    path.write_text(text.replace(_GUARDED, _UNGUARDED).replace(_IMPORT, f"{_IMPORT}, Least"))
    return folder
