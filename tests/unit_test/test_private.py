"""In the embedded way only the owner can read ToGo's files, including those of an earlier version."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.processes import ROOT
from togo import private

pytestmark = pytest.mark.no_db


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    """The umask of most systems; changes by a test are undone."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(*folders: Path) -> dict[str, str]:
    """The mode of each file and folder, in octal digits."""
    paths = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    return {path.name: f"{stat.S_IMODE(path.stat().st_mode):o}" for path in paths}


def test_files_of_the_embedded_way_are_closed_to_other_users(tmp_path: Path) -> None:
    home, logs = tmp_path / "home", tmp_path / "logs"
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TOGO_", "DATABASE_", "CELERY_"))}
    own |= {"TOGO_HOME": str(home), "TOGO_LOG_DIR": str(logs)}

    for command in (
        ["migrate", "--verbosity", "0"],
        ["backup", str(home / "copy.sqlite3")],
        ["shell", "-v0", "-c", "import logging; logging.error(1)"],
    ):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=own, timeout=120, check=False)

    found = modes(home, logs)
    assert {"togo.sqlite3", "copy.sqlite3", "secret_key", "debug.log"} <= set(found)
    assert {name: mode for name, mode in found.items() if int(mode, 8) & 0o077} == {}


def test_open_files_of_an_earlier_version_are_closed_at_the_start(tmp_path: Path) -> None:
    home, logs = tmp_path / "var", tmp_path / "logging"
    for folder in (home, logs, home / "broker"):
        folder.mkdir()
    files = [home / "togo.sqlite3", home / "togo.sqlite3-wal", home / "broker" / "appendonly.aof", logs / "debug.log.1"]
    for file in files:
        file.touch()

    private.hide_from_others(home, logs)

    assert modes(home, logs) == {
        "var": "700",
        "togo.sqlite3": "600",
        "togo.sqlite3-wal": "600",
        "broker": "700",
        "appendonly.aof": "600",
        "logging": "700",
        "debug.log.1": "600",
    }


def test_a_folder_with_other_files_stays_open_and_so_do_these_files(tmp_path: Path) -> None:
    (tmp_path / "syslog").touch()
    (tmp_path / "debug.log").touch()
    (tmp_path / "theirs").mkdir()
    tmp_path.chmod(0o755)

    private.hide_from_others(tmp_path)

    assert modes(tmp_path) == {tmp_path.name: "755", "syslog": "644", "debug.log": "600", "theirs": "755"}


def test_a_folder_that_everyone_may_write_to_stays_open(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)

    private.hide_from_others(tmp_path)

    assert modes(tmp_path) == {tmp_path.name: "1777"}


def test_a_link_to_a_file_elsewhere_is_not_followed(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.touch()
    home = tmp_path / "var"
    home.mkdir()
    (home / "broker").symlink_to(tmp_path)

    private.hide_from_others(home)

    assert modes(tmp_path)["theirs"] == "644"


def test_files_that_this_process_creates_from_now_on_are_closed(tmp_path: Path) -> None:
    private.hide_from_others(tmp_path)
    (tmp_path / "new").touch()

    assert modes(tmp_path)["new"] == "600"
