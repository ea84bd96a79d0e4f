"""The programs that tests start begin as forks, and do as if they had begun by themselves."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lab import processes
from lab.processes import PATIENCE

pytestmark = [pytest.mark.no_db, pytest.mark.real_time]
PROGRAM = """
import os, sys, time
print(os.getsid(0) == os.getpid(), os.getcwd(), *sys.argv[1:], sys.flags.utf8_mode, "celery" in sys.modules, flush=True)
time.sleep(float(os.environ.get("SECONDS", 0)))
sys.exit(3)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    return program


def start(program: Path, **more: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, str(program), "one", "two"]
    with (program.parent / "output").open("wb") as output:
        return processes.start_program(
            command,
            cwd=program.parent,
            env={**os.environ, **more},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


# The fork becomes a new Python if a variable has another value that Python or a package has read already.
@pytest.mark.parametrize(
    ("variables", "flags"),
    [({}, "0 True"), ({"PYTHONUTF8": "1"}, "1 False"), ({"REMAP_SIGTERM": "SIGQUIT"}, "0 False")],
    ids=["fork", "another Python", "another Celery"],
)
def test_a_program_has_its_own_session_folder_arguments_and_variables(
    program: Path, variables: dict[str, str], flags: str
) -> None:
    child = start(program, **variables)
    assert child.wait(PATIENCE) == child.poll() == 3
    assert (program.parent / "output").read_text() == f"True {program.parent} one two {flags}\n"


def test_a_program_can_be_waited_for_and_killed(program: Path) -> None:
    child = start(program, SECONDS="60")
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    assert child.poll() is None
    os.killpg(child.pid, signal.SIGKILL)
    assert child.wait(PATIENCE) == -signal.SIGKILL


def test_a_program_that_is_no_file_is_started_by_python_itself() -> None:
    assert processes.run_python("-c", "print('here')").stdout == "here\n"
