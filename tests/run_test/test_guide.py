"""The commands of docs/guide.md run in order and in one shell, and give the answers that it shows."""

import json
import os
import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lab.processes import ROOT
from tests.run_test.togos import start

pytestmark = [
    pytest.mark.no_db,
    pytest.mark.real_time,
    pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="the embedded way is tested in the run on SQLite"),
]

END = "--- end of a block ---"
# The Monday of the guide's answers.
MONDAY = date(2026, 3, 2)
BLOCKS = re.findall(r"^```(sh|json)\n(.*?)^```$", (ROOT / "docs" / "guide.md").read_text(), re.MULTILINE | re.DOTALL)
COMMANDS = [text for language, text in BLOCKS if language == "sh"]


def shown_after(number: int) -> str:
    """The answer that the guide shows after that block of commands; empty if it shows none."""
    at = [place for place, (language, _) in enumerate(BLOCKS) if language == "sh"][number]
    following = BLOCKS[at + 1 : at + 2]
    return following[0][1] if following and following[0][0] == "json" else ""


def next_week(text: str) -> str:
    """The guide's answers, with the dates of the week that its commands plan."""
    today = datetime.now(UTC).date()
    monday = today + timedelta(days=7 - today.weekday())
    return re.sub(r"\d{4}-\d{2}-\d{2}", lambda found: str(monday + (date.fromisoformat(found[0]) - MONDAY)), text)


def assert_shown(shown: Any, answer: Any) -> None:
    """All that the guide shows is in the answer, which may have more members."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            assert_shown(value, answer[name])
    elif isinstance(shown, list):
        assert len(shown) == len(answer)
        for one, other in zip(shown, answer, strict=True):
            assert_shown(one, other)
    else:
        assert shown == answer


def test_the_commands_give_the_answers_that_the_guide_shows(tmp_path: Path) -> None:
    with start(tmp_path / "home") as togo:
        script = f"\nprintf '\\n%s\\n' '{END}'\n".join([*COMMANDS, ""])
        script = script.replace("http://localhost:8000", f"http://localhost:{togo.port}")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "TZ": "UTC"},
        )

    outputs = done.stdout.split(f"{END}\n")
    assert done.returncode == 0, (done.stderr, outputs[-1], COMMANDS[len(outputs) - 1])
    for number, (command, output) in enumerate(zip(COMMANDS, outputs, strict=False)):
        shown = shown_after(number)
        if shown:
            assert_shown(json.loads(next_week(shown)), json.loads(output.strip().splitlines()[-1]))
        else:
            assert "/errors/#" not in output, (command, output)
    assert sum(bool(shown_after(number)) for number in range(len(COMMANDS))) >= 24
