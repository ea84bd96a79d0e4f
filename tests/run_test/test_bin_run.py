"""bin/run, started as by a user: real processes with a TOGO_HOME of their own."""

import json
import os
import re
import shlex
import shutil
import signal
import stat
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from lab.processes import wait_until
from tests.run_test.togos import ToGo, left_of, prepare, refused, start

pytestmark = [
    pytest.mark.no_db,
    pytest.mark.real_time,
    pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="the embedded way is tested in the run on SQLite"),
]


@pytest.fixture(scope="module")
def togo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ToGo]:
    with start(tmp_path_factory.mktemp("run") / "home") as running:
        yield running


@pytest.fixture(scope="module")
def _prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("prepared") / "home"
    prepare(home)
    return home


@pytest.fixture
def home(_prepared: Path, tmp_path: Path) -> Path:
    """The home of a ToGo that ran before: a start is faster there. Other tests start ToGo in a new one."""
    return Path(shutil.copytree(_prepared, tmp_path / "home"))


def test_the_two_calls_of_the_tutorial_work(togo: ToGo) -> None:
    token = togo.token("a", "1")
    body = {"task": 1, "user": 2, "date": "2022-06-23"}
    status, answer = togo.call("POST", "/api/users/assignment/", body, token)

    assert status == 201
    assert (answer["task"], answer["user"], answer["date"]) == (1, 2, "2022-06-23")


def test_the_printed_calls_can_be_pasted(togo: ToGo) -> None:
    calls = re.findall(r"curl .*?(?= \| |\n\n)", togo.output.replace("\\\n", ""), re.DOTALL)
    token = ""
    for call, expected in zip(map(shlex.split, calls), (200, 201), strict=True):
        url = next(word for word in call if word.startswith("http"))
        body = json.loads(call[call.index("-d") + 1])
        path = url.removeprefix(f"http://127.0.0.1:{togo.port}")
        status, answer = togo.call(call[call.index("-X") + 1], path, body, token)
        assert status == expected
        token = answer.get("access", "")

    assert answer["date"] == date.today().isoformat()  # noqa: DTZ011  (TOGO_TIME_ZONE is UTC here, as on the machine.)


def test_the_printed_pages_exist(togo: ToGo) -> None:
    links = re.findall(r"http://127\.0\.0\.1:\d+(/(?:api/docs/|admin/)?)\n", togo.output)
    assert sorted(set(links)) == ["/", "/admin/", "/api/docs/"]
    for link in links:
        assert togo.call("GET", link)[0] == 200
    assert "Sign in as a (taskmaster and admin) or b, with the password 1." in togo.output


def test_a_worker_and_a_broker_run_and_set_limits(togo: ToGo) -> None:
    wait_until(lambda: togo.health() == "ok", what="the first job")


def test_only_its_user_can_reach_the_broker(togo: ToGo) -> None:
    _, command = togo.find("unixsocket:")
    socket = Path(command.rpartition("unixsocket:")[2].strip())

    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700


def test_a_second_start_on_one_home_says_so_and_harms_nothing(togo: ToGo) -> None:
    line = refused(togo.home)

    assert f"ToGo already runs on TOGO_HOME={togo.home} (process {togo.process.pid})" in line
    assert togo.token("a", "1")


def test_a_port_in_use_is_reported_in_one_line(togo: ToGo, tmp_path: Path) -> None:
    line = refused(tmp_path / "home", "--port", str(togo.port))

    assert line == f"Port {togo.port} is in use: stop the program that listens on it, or choose another --port."


def _has_said(togo: ToGo, words: str) -> bool:
    return words in togo.output


def test_a_process_that_ends_by_itself_is_started_again(togo: ToGo) -> None:
    wait_until(lambda: togo.health() == "ok", what="the first job")
    for name, word in {"broker": "unixsocket:", "web server": "granian", "worker": "celery"}.items():
        os.kill(togo.find(word)[0], signal.SIGKILL)
        wait_until(partial(_has_said, togo, f"The {name} has ended (SIGKILL)"), what=name)

    wait_until(lambda: togo.find("celery")[0], what="another worker")
    assert togo.find("celery")
    wait_until(lambda: togo.health() == "ok", what="the web server and the broker")


def assert_stops_everything(togo: ToGo, number: signal.Signals) -> None:
    wait_until(lambda: togo.health() == "ok", what="the first job")
    started = togo.started()
    assert len(started) >= 6  # The broker; the web server and its process; the worker, its process and beat.

    assert togo.stop(number) == 0
    assert left_of(started) == []
    assert togo.output.endswith("Stopping …\nStopped.\n")
    assert "Traceback" not in togo.output


def test_ctrl_c_stops_everything_and_the_demonstration_never_opens_to_others(home: Path) -> None:
    with start(home) as togo:
        assert_stops_everything(togo, signal.SIGINT)

    # Everyone knows the demonstration's passwords, so only this machine may reach ToGo.
    for options, variables in (
        (["--host", "0.0.0.0"], {}),  # noqa: S104
        ([], {"TOGO_PUBLIC_URL": "https://togo.example.org/"}),
    ):
        line = refused(home, *options, **variables)
        assert "The demonstration's passwords work here" in line
        assert "changepassword" in line


def test_no_process_stays_when_bin_run_is_killed_and_the_next_start_works(home: Path) -> None:
    with start(home) as togo:
        wait_until(lambda: togo.health() == "ok", what="the first job")
        started = togo.started()
        togo.process.kill()
        togo.process.wait()
        with start(home) as second:
            assert left_of(started) == []
            assert second.token("a", "1")


def test_a_second_ctrl_c_does_not_wait(home: Path) -> None:
    with start(home) as togo:
        started = togo.started()
        os.kill(togo.find("celery")[0], signal.SIGSTOP)  # A stopped process doesn't end when it is asked to.
        togo.process.send_signal(signal.SIGINT)
        wait_until(lambda: "Stopping" in togo.output, what="the first Ctrl-C")

        assert togo.stop(signal.SIGINT) == 0
        assert left_of(started) == []


def test_without_the_demonstration_the_given_admin_is_the_only_person_and_a_signal_stops_everything(
    tmp_path: Path,
) -> None:
    boss = {"TOGO_ADMIN_USERNAME": "boss", "TOGO_ADMIN_PASSWORD": "long enough for a boss"}
    with start(tmp_path / "home", "--no-demo", **boss) as togo:
        assert "Sign in as boss, an admin." in togo.output
        assert "curl" not in togo.output
        assert not togo.token("a", "1")
        token = togo.token("boss", "long enough for a boss")
        assert togo.call("GET", "/api/users/me/", token=token)[1]["is_admin"] is True
        assert_stops_everything(togo, signal.SIGTERM)


def test_an_admin_without_a_password_is_refused(tmp_path: Path) -> None:
    assert "must be set together" in refused(tmp_path / "home", "--no-demo", TOGO_ADMIN_USERNAME="boss")


def test_a_weak_password_of_the_admin_is_refused(tmp_path: Path) -> None:
    line = refused(tmp_path / "home", "--no-demo", TOGO_ADMIN_USERNAME="boss", TOGO_ADMIN_PASSWORD="12345")

    assert line.startswith("TOGO_ADMIN_PASSWORD: ")
    assert "12345" not in line


@pytest.mark.parametrize("name", ["TOGO_HOME", "TOGO_LOG_DIR"])
def test_a_folder_that_cannot_be_written_to_is_reported_in_one_line(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file"
    file.touch()

    assert refused(tmp_path / "home", **{name: f"{file}/below"}).startswith(f"{name} must be a folder")


def test_bad_settings_are_reported_in_one_line(tmp_path: Path) -> None:
    assert refused(tmp_path / "home", TOGO_TIME_ZONE="Mars/Olympus").startswith("TOGO_TIME_ZONE must be")
    assert refused(tmp_path / "home", "--host", "no.such.host.invalid").startswith("--host no.such.host.invalid: ")
    line = refused(tmp_path / "home", DATABASE_URL="postgres://togo@127.0.0.1:1/togo")
    assert line.startswith("TOGO_SECRET_KEY must be")
