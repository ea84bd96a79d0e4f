"""The container's files, checked without an engine, and the entrypoint itself, run with stand-ins for the programs that
it starts. The last part is about the command that makes the first admin."""

import contextlib
import json
import os
import re
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.models import JobRun, User
from apps.services import health, users
from lab.processes import PATIENCE, ROOT, environment, wait_until

pytestmark = pytest.mark.no_db

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
LAST_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
SECRET_FILES = {
    name: Path(value)
    for service in SERVICES.values()
    for name, value in service.get("environment", {}).items()
    if name.endswith("_FILE")
}


def runs_once(service: dict[str, Any]) -> bool:
    return service["restart"] == "no"


# --- docker-compose.yml -----------------------------------------------------------------------------------------


def test_the_services_are_database_broker_web_worker_and_beat() -> None:
    assert {name for name, service in SERVICES.items() if not runs_once(service)} == {
        "database",
        "broker",
        "web",
        "worker",
        "beat",
    }
    assert SERVICES["database"]["image"] == "postgres:17"
    assert SERVICES["broker"]["image"] == "redis:7"


def test_no_secret_is_in_the_compose_file() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|KEY|TOKEN", name) and not name.endswith("_FILE"):
                assert value is None, f"{name} must come from outside"
    assert not re.search(r"://[^/\s]*:[^/\s]*@", (ROOT / "docker-compose.yml").read_text())
    assert set(SECRET_FILES) == {"TOGO_SECRET_KEY_FILE", "DATABASE_URL_FILE", "POSTGRES_PASSWORD_FILE"}


def test_a_service_that_reads_a_secret_mounts_it_read_only_and_waits_until_it_is_made() -> None:
    for name, service in SERVICES.items():
        if not any(variable.endswith("_FILE") for variable in service.get("environment", {})):
            continue
        volume = "database_secret:/run/togo-database:ro" if name == "database" else "secrets:/run/togo:ro"
        assert volume in service["volumes"], name
        assert {"secrets", "database"} & set(service["depends_on"]), name
    assert SERVICES["database"]["depends_on"]["secrets"]["condition"] == "service_completed_successfully"
    assert SERVICES["beat"]["depends_on"]["secrets"]["condition"] == "service_completed_successfully"
    assert {file.parent for file in SECRET_FILES.values()} == {Path("/run/togo"), Path("/run/togo-database")}


def test_the_database_does_not_see_the_key() -> None:
    mounted = {volume.partition(":")[0] for volume in SERVICES["database"]["volumes"]}
    assert mounted == {"database_secret", "database"}


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_runs_once_or_has_a_health_check_and_restarts(name: str) -> None:
    service = SERVICES[name]
    if runs_once(service):
        waited_for = [other["depends_on"][name] for other in SERVICES.values() if name in other.get("depends_on", {})]
        assert waited_for
        assert all(wait["condition"] == "service_completed_successfully" for wait in waited_for)
    else:
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"


def test_a_dependency_that_must_be_healthy_has_a_health_check() -> None:
    for service in SERVICES.values():
        for name, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "test" in SERVICES[name]["healthcheck"]


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "image" in service])
def test_an_image_is_pinned_to_a_major_version(name: str) -> None:
    assert re.fullmatch(r"[a-z]+:\d+[\w.-]*", SERVICES[name]["image"])


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" in service])
def test_togo_runs_with_no_more_privileges_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["build"] == "."
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "user" not in service
    # It writes to the folders of the image's environment and to /tmp.
    if not runs_once(service):
        assert {"home:/var/lib/togo", "logs:/var/log/togo"} <= set(service["volumes"])
        assert "TOGO_HOME=/var/lib/togo TOGO_LOG_DIR=/var/log/togo" in LAST_STAGE


def test_only_the_web_is_published_and_only_on_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["${TOGO_PUBLISH:-127.0.0.1:8000}:8000"]
    assert SERVICES["web"]["environment"]["TOGO_ALLOWED_HOSTS"] == "${TOGO_ALLOWED_HOSTS:-localhost,127.0.0.1}"


def test_every_volume_is_declared() -> None:
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])


# --- Dockerfile and .dockerignore -------------------------------------------------------------------------------


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (\S+)", LAST_STAGE, re.MULTILINE) == ["10001:10001"]
    # Nothing is written to the image after that.
    assert not re.search(r"^(RUN|COPY|ADD)", LAST_STAGE[LAST_STAGE.index("\nUSER") :], re.MULTILINE)


def test_the_image_holds_locked_requirements_and_nothing_to_build_with() -> None:
    assert DOCKERFILE.count("\nFROM ") == 2
    assert "--require-hashes --requirement /requirements.txt" in DOCKERFILE
    assert "--only-binary :all:" in DOCKERFILE
    assert not re.search(r"apt-get|apk|pip install|build-essential|gcc", LAST_STAGE)
    assert "pip uninstall --yes --quiet --root-user-action ignore wheel setuptools pip" in LAST_STAGE
    locked = re.split(r"\n(?=\w)", (ROOT / "requirements.txt").read_text().strip())
    assert all("==" in line and "--hash=sha256:" in line for line in locked)


def test_the_image_is_of_a_slim_python_that_togo_supports() -> None:
    assert re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE) == ["python:${PYTHON}-slim${PYTHON_DIGEST}"] * 2
    major, minor = re.findall(r"^ARG PYTHON=(\d+)\.(\d+)$", DOCKERFILE, re.MULTILINE)[0]
    assert (int(major), int(minor)) >= (3, 11)


def test_only_files_that_run_are_copied_into_the_image() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == "*", "everything is left out first"
    taken = {line[1:] for line in lines if line[0] == "!"}
    assert taken == {"apps", "togo", "docs/errors.md", "entrypoint.sh", "manage.py", "requirements.txt"}
    assert all((ROOT / path).exists() for path in taken)


# --- entrypoint.sh ----------------------------------------------------------------------------------------------


class Entrypoint:
    """Runs entrypoint.sh in an environment of its own, where python, celery and granian only record their
    calls. A call that contains the text `fails` fails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        self.stand_in("python", "granian", "celery")

    def stand_in(self, *names: str) -> None:
        for name in names:
            path = self.folder / "bin" / name
            path.write_text(
                f'#!/bin/bash\n[[ ${{1:-}} != - ]] || cat >/dev/null\necho "$$ {name} $*" >>{self.folder}/calls\n'
                f'export -p >{self.folder}/environment\n[[ -z ${{FAILS:-}} || "$*" != *"$FAILS"* ]]\n'
            )
            path.chmod(0o755)

    def with_python(self) -> None:
        """Make it run the real Python."""
        (self.folder / "bin" / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')

    def run(self, *arguments: str, fails: str = "", **variables: str) -> tuple[int, str]:
        """The exit status and the standard error."""
        self.process = subprocess.Popen(
            [ROOT / "entrypoint.sh", *arguments],
            env=variables | {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "FAILS": fails},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        _, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, errors

    @property
    def calls(self) -> list[str]:
        calls = self.folder / "calls"
        return [line.split(" ", 1)[1] for line in calls.read_text().splitlines()] if calls.exists() else []

    @property
    def last_process(self) -> int:
        return int((self.folder / "calls").read_text().splitlines()[-1].split()[0])

    def variable(self, name: str) -> str | None:
        found = re.search(rf'^declare -x {name}="(.*)"$', (self.folder / "environment").read_text(), re.MULTILINE)
        return found[1] if found else None


@pytest.fixture
def entrypoint(tmp_path: Path) -> Entrypoint:
    return Entrypoint(tmp_path)


URL = "postgres://togo@database/togo"


def test_web_migrates_makes_the_admin_refuses_demo_passwords_and_serves(entrypoint: Entrypoint) -> None:
    assert entrypoint.run("web", DATABASE_URL=URL) == (0, "")

    assert entrypoint.calls == [
        "python manage.py migrate_under_lock",
        "python manage.py ensure_admin",
        "python manage.py check --deploy --tag demo --tag pooler --tag names --database default",
        "granian --interface wsgi --http 1 --http1-buffer-size 65536 --no-ws --respawn-failed-workers "
        "--workers-kill-timeout 20 togo.wsgi:application",
    ]
    assert entrypoint.variable("GRANIAN_HOST") == "0.0.0.0"  # noqa: S104 - within the container
    assert entrypoint.variable("DJANGO_SETTINGS_MODULE") == "togo.settings"


@pytest.mark.parametrize("step", ["migrate_under_lock", "ensure_admin", "check"])
def test_web_does_not_serve_when_a_step_before_it_fails(entrypoint: Entrypoint, step: str) -> None:
    assert entrypoint.run("web", fails=step, DATABASE_URL=URL)[0] == 1
    assert step in entrypoint.calls[-1]


@pytest.mark.parametrize(("command", "program"), [("worker", "celery"), ("beat", "celery")])
def test_the_program_replaces_the_shell_so_that_signals_reach_it(
    entrypoint: Entrypoint, command: str, program: str
) -> None:
    entrypoint.run(command, DATABASE_URL=URL)
    assert entrypoint.calls[-1].startswith(program)
    assert entrypoint.last_process == entrypoint.process.pid


def test_a_web_server_that_gives_up_is_started_again_a_bounded_number_of_times(entrypoint: Entrypoint) -> None:
    status, errors = entrypoint.run("web", fails="togo.wsgi", DATABASE_URL=URL)

    assert (status, sum(call.startswith("granian") for call in entrypoint.calls)) == (1, 5)
    assert "togo: the web server has ended (exit code 1), start 5 of 5." in errors


def test_a_signal_to_the_web_reaches_the_server_and_ends_it_for_good(entrypoint: Entrypoint) -> None:
    granian = entrypoint.folder / "bin" / "granian"
    granian.write_text(
        f"#!/bin/bash\ntrap 'echo stopped >>{entrypoint.folder}/said; exit 1' TERM\n"
        f"echo started >>{entrypoint.folder}/said\nwhile :; do sleep 0.05; done\n"
    )
    said = entrypoint.folder / "said"
    with subprocess.Popen(
        [ROOT / "entrypoint.sh", "web"],
        env={"PATH": f"{entrypoint.folder}/bin:/usr/bin:/bin", "DATABASE_URL": URL},
        stdout=subprocess.DEVNULL,
    ) as web:
        wait_until(said.exists, what="the web server")
        web.terminate()
        assert web.wait(PATIENCE) == 0

    assert said.read_text().splitlines() == ["started", "stopped"]


def test_the_worker_starts_when_the_database_is_migrated(entrypoint: Entrypoint) -> None:
    assert entrypoint.run("worker", DATABASE_URL=URL, TOGO_WORKER_PROCESSES="3")[0] == 0
    assert entrypoint.calls == [
        "python manage.py migrate --check",
        "celery --app togo.celery worker --loglevel info --concurrency 3",
    ]


def test_manage_passes_its_arguments_on(entrypoint: Entrypoint) -> None:
    assert entrypoint.run("manage", "createsuperuser", "--username", "an admin")[0] == 0
    assert entrypoint.calls == ["python manage.py createsuperuser --username an admin"]


@pytest.mark.parametrize("command", ["web", "worker", "beat"])
def test_without_a_database_nothing_starts(entrypoint: Entrypoint, command: str) -> None:
    status, errors = entrypoint.run(command)
    assert (status, entrypoint.calls) == (1, [])
    assert "DATABASE_URL or DATABASE_URL_FILE must name the database" in errors


@pytest.mark.parametrize(
    "arguments", [[], ["frobnicate"], ["web", "now"], ["healthy"], ["healthy", "database"], ["secrets"]]
)
def test_an_unknown_command_is_refused_with_the_known_ones(entrypoint: Entrypoint, arguments: list[str]) -> None:
    status, errors = entrypoint.run(*arguments, DATABASE_URL=URL)
    assert (status, entrypoint.calls) == (64, [])
    assert "usage: entrypoint.sh COMMAND" in errors


def _commands() -> list[list[str]]:
    """The arguments that the compose file and the image give entrypoint.sh."""
    commands = [service["command"] for service in SERVICES.values() if "build" in service]
    commands += [json.loads(found) for found in re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)]
    checks = [service["healthcheck"].get("test", []) for service in SERVICES.values()]
    checks += [["CMD", *json.loads(found)] for found in re.findall(r"^HEALTHCHECK.* CMD (\[.*\])$", DOCKERFILE, re.M)]
    called = [check[2:] for check in checks if check[:2] == ["CMD", "/app/entrypoint.sh"]]
    assert len(called) == 4
    return commands + called


@pytest.mark.parametrize("arguments", _commands(), ids=" ".join)
def test_the_entrypoint_knows_each_command_that_the_image_and_the_compose_file_use(
    entrypoint: Entrypoint, arguments: list[str]
) -> None:
    arguments = [str(entrypoint.folder) if argument.startswith("/run/togo") else argument for argument in arguments]
    (entrypoint.folder / "password").write_text("made before\n")
    (entrypoint.folder / "secret_key").write_text("made before\n")

    assert entrypoint.run(*arguments, DATABASE_URL=URL)[0] == 0

    assert 'ENTRYPOINT ["/app/entrypoint.sh"]' in LAST_STAGE
    assert os.access(ROOT / "entrypoint.sh", os.X_OK)


def test_the_image_has_the_health_check_of_the_web() -> None:
    assert 'CMD ["/app/entrypoint.sh", "healthy", "web"]' in LAST_STAGE


@pytest.mark.parametrize(
    ("allowed", "public", "asked"),
    [
        ("localhost,127.0.0.1", "", "localhost"),
        (".example.org", "https://togo.example.org/", "example.org"),
        ("*", "", "localhost"),
        ("", "", "localhost"),
        ("", "https://togo.example.org:8443/togo/", "togo.example.org"),
    ],
)
def test_the_web_is_healthy_when_it_answers_under_an_allowed_host(
    entrypoint: Entrypoint, allowed: str, public: str, asked: str
) -> None:
    entrypoint.with_python()
    names = {"TOGO_ALLOWED_HOSTS": allowed, "TOGO_PUBLIC_URL": public}
    with _web(status=200) as (port, requests):
        assert entrypoint.run("healthy", "web", GRANIAN_PORT=port, **names) == (0, "")
        assert requests == [("/health/live/", asked)]


def test_the_web_is_not_healthy_when_it_refuses_or_does_not_run(entrypoint: Entrypoint) -> None:
    entrypoint.with_python()
    with _web(status=400) as (port, _):
        assert entrypoint.run("healthy", "web", GRANIAN_PORT=port) == (1, "/health/live/ answers 400\n")
    assert entrypoint.run("healthy", "web", GRANIAN_PORT=port)[0] == 1


@contextlib.contextmanager
def _web(status: int) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A server that answers every request with `status`. Yields its port, and the paths and hosts of the requests."""
    requests: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append((self.path, self.headers["Host"]))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield str(server.server_port), requests
        finally:
            server.shutdown()


def test_the_worker_is_healthy_when_it_answers_through_the_broker(entrypoint: Entrypoint) -> None:
    assert entrypoint.run("healthy", "worker")[0] == 0
    assert re.fullmatch(
        r"celery --app togo\.celery inspect ping --destination celery@\S+ --timeout 5", entrypoint.calls[0]
    )
    assert entrypoint.run("healthy", "worker", fails="ping")[0] == 1


@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_beat_is_healthy_while_the_periodic_job_is_done(entrypoint: Entrypoint) -> None:
    entrypoint.with_python()

    def is_healthy() -> bool:
        return entrypoint.run("healthy", "beat", **environment())[0] == 0

    assert not is_healthy()
    health.note_job(health.LIMIT_JOB)
    assert is_healthy()
    JobRun.objects.update(finished_at=timezone.now() - health.JOB_SILENCE)
    assert not is_healthy()


@pytest.mark.real_time
@pytest.mark.django_db(transaction=True)
def test_web_serves_only_while_no_password_of_the_demonstration_works(entrypoint: Entrypoint) -> None:
    entrypoint.with_python()
    known = environment(TOGO_ADMIN_USERNAME="boss", TOGO_ADMIN_PASSWORD=PASSWORD)
    users.create_user(actor=None, username="b", password=users.DEMO_PASSWORDS["b"])

    status, errors = entrypoint.run("web", **known)
    assert (status, entrypoint.calls) == (1, [])
    assert "togo.E001" in errors

    users.set_password(
        actor=User.objects.get(username="boss"), user_id=User.objects.get(username="b").pk, password=PASSWORD
    )
    assert entrypoint.run("web", **known)[0] == 0
    assert entrypoint.calls[0].startswith("granian")


def test_a_secret_is_read_from_the_file_that_names_it(entrypoint: Entrypoint) -> None:
    for name, value in {"key": "k" * 50, "url": URL, "password": "correct horse"}.items():
        (entrypoint.folder / name).write_text(f"{value}\n")

    entrypoint.run(
        "manage",
        "check",
        TOGO_SECRET_KEY_FILE=f"{entrypoint.folder}/key",
        DATABASE_URL_FILE=f"{entrypoint.folder}/url",
        TOGO_ADMIN_PASSWORD_FILE=f"{entrypoint.folder}/password",
    )

    assert entrypoint.variable("TOGO_SECRET_KEY") == "k" * 50
    assert entrypoint.variable("DATABASE_URL") == URL
    assert entrypoint.variable("TOGO_ADMIN_PASSWORD") == "correct horse"


def test_a_secret_that_is_given_twice_or_cannot_be_read_stops_the_start(entrypoint: Entrypoint) -> None:
    status, errors = entrypoint.run("web", DATABASE_URL=URL, DATABASE_URL_FILE="/dev/null")
    assert (status, entrypoint.calls) == (1, [])
    assert "DATABASE_URL and DATABASE_URL_FILE are both set" in errors
    status, errors = entrypoint.run("web", DATABASE_URL=URL, TOGO_SECRET_KEY_FILE="/no/such/file")
    assert (status, entrypoint.calls) == (1, [])
    assert "TOGO_SECRET_KEY_FILE names a file that can't be read: /no/such/file" in errors


def test_secrets_are_made_once_and_only_their_owner_reads_them(entrypoint: Entrypoint, tmp_path: Path) -> None:
    entrypoint.with_python()
    folder, for_database = tmp_path / "secrets", tmp_path / "database"
    for one in (folder, for_database):
        one.mkdir()

    def made() -> dict[str, str]:
        files = [*folder.iterdir(), *for_database.iterdir()]
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
        return {path.name: path.read_text().strip() for path in files}

    assert entrypoint.run("secrets", str(folder), str(for_database)) == (0, "")

    first = made()
    assert set(first) == {file.name for file in SECRET_FILES.values()}
    assert {path.name for path in for_database.iterdir()} == {"password"}
    assert len(first["secret_key"]) >= 50
    assert first["secret_key"] != first["password"]
    url = urlsplit(first["database_url"])
    database = SERVICES["database"]["environment"]
    assert (url.scheme, url.password) == ("postgres", first["password"])
    assert (url.username, url.path) == (database["POSTGRES_USER"], f"/{database['POSTGRES_DB']}")
    assert url.hostname in SERVICES

    assert entrypoint.run("secrets", str(folder), str(for_database)) == (0, "")
    assert made() == first


def test_a_password_of_the_first_version_moves_to_the_databases_volume(entrypoint: Entrypoint, tmp_path: Path) -> None:
    entrypoint.with_python()
    folder, for_database = tmp_path / "secrets", tmp_path / "database"
    for one in (folder, for_database):
        one.mkdir()
    (folder / "database_password").write_text("of the first version")

    assert entrypoint.run("secrets", str(folder), str(for_database)) == (0, "")

    assert (for_database / "password").read_text() == "of the first version"
    assert not (folder / "database_password").exists()
    assert "of the first version" in (folder / "database_url").read_text()


def test_a_secret_that_could_not_be_made_is_not_left_empty(entrypoint: Entrypoint, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()

    assert entrypoint.run("secrets", str(folder), str(folder), fails="-c")[0] == 1

    assert not {path.name for path in folder.iterdir()} & {file.name for file in SECRET_FILES.values()}


# --- manage.py ensure_admin -------------------------------------------------------------------------------------

PASSWORD = "correct horse battery staple"


@pytest.fixture
def set_first_admin(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that sets the variables for the first admin."""

    def set_variables(username: str | None, password: str | None) -> None:
        for variable, value in {"TOGO_ADMIN_USERNAME": username, "TOGO_ADMIN_PASSWORD": password}.items():
            if value is None:
                monkeypatch.delenv(variable, raising=False)
            else:
                monkeypatch.setenv(variable, value)

    return set_variables


@pytest.mark.django_db
def test_the_first_admin_is_made_and_can_sign_in(set_first_admin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_first_admin("boss", PASSWORD)

    call_command("ensure_admin")

    boss = User.objects.get()
    assert (boss.username, boss.is_admin, boss.check_password(PASSWORD)) == ("boss", True, True)
    assert capsys.readouterr().out == "The admin boss is made.\n"


@pytest.mark.django_db
def test_an_existing_admin_stays_as_they_are(set_first_admin: Any, capsys: pytest.CaptureFixture[str]) -> None:
    first = users.create_user(actor=None, username="first", password=PASSWORD, is_admin=True)
    set_first_admin("boss", "another horse altogether")

    call_command("ensure_admin")

    assert list(User.objects.all()) == [first]
    assert capsys.readouterr().out == "There is an admin already.\n"


@pytest.mark.django_db
def test_without_an_admin_it_says_how_to_make_one(
    admin: User, set_first_admin: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    set_first_admin(None, None)
    call_command("ensure_admin")
    assert capsys.readouterr().out == ""
    User.objects.filter(pk=admin.pk).update(is_active=False)
    call_command("ensure_admin")
    assert "There is no admin yet: set TOGO_ADMIN_USERNAME and TOGO_ADMIN_PASSWORD" in capsys.readouterr().out


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("username", "password", "message"),
    [
        ("boss", None, "must be set together"),
        (None, PASSWORD, "must be set together"),
        ("boss", "1", "TOGO_ADMIN_PASSWORD: This password is too short"),
        ("boss-of-everybody", "boss-of-everybody", "TOGO_ADMIN_PASSWORD: The password is too similar to the username"),
        ("the boss", PASSWORD, "TOGO_ADMIN_USERNAME: Enter a valid username"),
        ("b" * 151, PASSWORD, "TOGO_ADMIN_USERNAME: Ensure this value has at most 150 characters"),
        ("a", PASSWORD, "TOGO_ADMIN_USERNAME can't be a: that is a person of the demonstration"),
    ],
)
def test_an_unsafe_first_admin_is_refused(
    set_first_admin: Any, username: str | None, password: str | None, message: str
) -> None:
    set_first_admin(username, password)
    with pytest.raises(CommandError, match=re.escape(message)):
        call_command("ensure_admin")
    assert not User.objects.exists()
