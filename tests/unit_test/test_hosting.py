"""The files for operators in docs/operations/ and docker-bake.json: each command, variable, path and exit code in them
is one of ToGo's."""

import json
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from django.core.management import call_command, get_commands
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.urls import resolve
from rest_framework.test import APIClient

from apps.views.health import LivenessView, ReadinessView
from lab.processes import ROOT
from tests.unit_test.test_docker import DOCKERFILE, LAST_STAGE, URL, Entrypoint
from tests.unit_test.test_settings_documented import documented
from togo.version import VERSION

OPERATIONS = ROOT / "docs" / "operations"
SYSTEMD = OPERATIONS / "systemd"
KUBERNETES = OPERATIONS / "kubernetes"
ROLES = ["web", "worker", "beat"]


@pytest.fixture
def entrypoint(tmp_path: Path) -> Entrypoint:
    return Entrypoint(tmp_path)


def settings_of(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> dict[str, Any]:
    """The settings of an installation with these variables. Raises `ImproperlyConfigured`."""
    own = {"DATABASE_URL": URL, "TOGO_SECRET_KEY": "k-of-an-installation" * 3, "TOGO_ALLOWED_HOSTS": ""}
    for name, value in {**own, **variables}.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "togo" / "settings.py"))


# --- systemd ----------------------------------------------------------------------------------------------------

UNIT = SYSTEMD / "togo@.service"


def lines_of(unit: Path) -> list[tuple[str, str]]:
    """The settings of a unit, in their order: many names are there more than once."""
    return re.findall(r"^(\w+)=(.*)$", unit.read_text(), re.MULTILINE)


def values(name: str, unit: Path = UNIT) -> list[str]:
    return [value for known, value in lines_of(unit) if known == name]


def test_the_target_starts_each_part_once() -> None:
    [wanted] = values("Wants", SYSTEMD / "togo.target")
    assert wanted.split() == [f"togo@{role}.service" for role in ROLES]


@pytest.mark.parametrize("role", ROLES)
def test_the_unit_starts_a_part_that_the_entrypoint_knows(entrypoint: Entrypoint, role: str) -> None:
    [command] = values("ExecStart")
    program, argument = command.replace("%i", role).split()

    assert Path(program.replace("/opt/togo", str(ROOT))) == ROOT / "entrypoint.sh"
    assert entrypoint.run(argument, DATABASE_URL=URL)[0] == 0


def test_the_units_variables_are_those_of_togo(monkeypatch: pytest.MonkeyPatch) -> None:
    assigned = " ".join(values("Environment")).split()
    example = re.findall(r"^(\w+)=(.*)$", (SYSTEMD / "environment").read_text(), re.MULTILINE)
    names = {pair.partition("=")[0] for pair in assigned} - {"PATH"} | {name for name, _ in example}

    assert names <= set(documented())
    assert settings_of(monkeypatch, dict(example))["TOGO_PUBLIC_URL"] == "https://togo.example.org/"
    # Each credential is the file that a variable names.
    credentials = {value.partition(":")[0] for value in values("LoadCredential")}
    assert {pair.rpartition("%d/")[2] for pair in assigned if "%d/" in pair} == credentials
    assert all(pair.partition("=")[0].endswith("_FILE") for pair in assigned if "%d/" in pair)


def test_a_part_is_not_started_again_and_again_with_a_setting_that_can_not_be_used(entrypoint: Entrypoint) -> None:
    [statuses] = values("RestartPreventExitStatus")
    entrypoint.with_python()

    wrong = {"DATABASE_URL": URL, "TOGO_SECRET_KEY": "short", "TOGO_HOME": str(entrypoint.folder)}
    for role in ROLES:
        (entrypoint.folder / "bin" / "celery").write_text(f'#!/bin/sh\nexec {sys.executable} -m celery "$@"\n')
        status, errors = entrypoint.run(role, **wrong)
        assert str(status) in statuses.split(), (role, errors)


def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if not program:
        pytest.skip("there is no systemd-analyze")
    for unit in (UNIT, SYSTEMD / "togo.target"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/togo/entrypoint.sh", "/bin/true"))
    units = [f"{tmp_path}/togo.target", *(f"{tmp_path}/togo@{role}.service" for role in ROLES)]

    done = subprocess.run([program, "verify", "--man=no", *units], capture_output=True, text=True, check=False)

    assert (done.returncode, [line for line in done.stderr.splitlines() if "togo" in line]) == (0, [])

    # systemd rates what a service could do to the machine, from 0 to 100: 13 for these, and 96 for one without limits.
    rated = [program, "security", "--offline=yes", "--threshold=20", f"{tmp_path}/togo@.service"]
    assert subprocess.run(rated, capture_output=True, check=False).returncode == 0


# --- Kubernetes -------------------------------------------------------------------------------------------------

KUSTOMIZATION = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
OBJECTS = {
    f"{one['kind']} {one['metadata']['name']}": one
    for name in KUSTOMIZATION["resources"]
    for one in yaml.safe_load_all((KUBERNETES / name).read_text())
}
PODS = {name: one["spec"]["template"]["spec"] for name, one in OBJECTS.items() if "template" in one["spec"]}
CONTAINERS = {name: pod["containers"][0] for name, pod in PODS.items()}
[CONFIG] = KUSTOMIZATION["configMapGenerator"]
VARIABLES = dict(literal.split("=", 1) for literal in CONFIG["literals"])
each_pod = pytest.mark.parametrize("name", PODS)


def test_there_are_web_servers_workers_one_beat_and_a_migration() -> None:
    assert {path.name for path in KUBERNETES.glob("*.yaml")} == {"kustomization.yaml", *KUSTOMIZATION["resources"]}
    assert set(PODS) == {"Deployment togo-web", "Deployment togo-worker", "Deployment togo-beat", "Job togo-migrate"}
    beat = OBJECTS["Deployment togo-beat"]["spec"]
    assert (beat["replicas"], beat["strategy"]) == (1, {"type": "Recreate"})


# The oldest version that the paper names, and the newest of which the schema is known.
@pytest.mark.parametrize("version", ["1.25", kubernetes_validate.latest_version()])
def test_kubernetes_knows_every_field_of_the_manifests(version: str) -> None:
    assert "It needs Kubernetes 1.25 or later" in (KUBERNETES / "README.md").read_text()
    for manifest in OBJECTS.values():
        kubernetes_validate.validate(manifest, version, strict=True)

    mistyped = {**OBJECTS["Service togo-web"], "spec": {"port": 80}}
    with pytest.raises(jsonschema.ValidationError, match="'port' was unexpected"):
        kubernetes_validate.validate(mistyped, version, strict=True)


@each_pod
def test_a_pod_runs_a_command_of_the_entrypoint(entrypoint: Entrypoint, name: str) -> None:
    container = CONTAINERS[name]

    assert "command" not in container, "the image has the entrypoint"
    assert entrypoint.run(*container["args"], DATABASE_URL=URL)[0] == 0
    if container["args"][0] == "manage":
        assert container["args"][1] in get_commands()


@each_pod
def test_a_pods_variables_and_files_are_those_of_togo(name: str) -> None:
    container, pod = CONTAINERS[name], PODS[name]
    files = {one["name"]: Path(one["value"]) for one in container["env"]}
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}

    assert {*files, *VARIABLES} <= set(documented())
    assert set(files) == {"TOGO_SECRET_KEY_FILE", "DATABASE_URL_FILE", "CELERY_BROKER_URL_FILE"}
    assert {mounts[str(path.parent)] for path in files.values()} == {"secrets"}
    assert container["envFrom"] == [{"configMapRef": {"name": CONFIG["name"]}}]
    # The file system is read-only: what ToGo writes has a volume.
    assert "TOGO_HOME=/var/lib/togo TOGO_LOG_DIR=/var/log/togo" in LAST_STAGE
    assert set(mounts) == {"/run/togo", "/var/lib/togo", "/var/log/togo", "/tmp"}  # noqa: S108
    assert {volume["name"] for volume in pod["volumes"]} == set(mounts.values())
    assert container["image"] == KUSTOMIZATION["images"][0]["name"]


def test_the_manifests_secrets_are_the_ones_that_the_paper_makes() -> None:
    made = set(re.findall(r"--from-literal=(\w+)=", (KUBERNETES / "README.md").read_text()))
    assert made == {Path(one["value"]).name for one in CONTAINERS["Deployment togo-web"]["env"]}


@each_pod
def test_a_pod_has_no_more_rights_than_it_needs(name: str) -> None:
    pod, container = PODS[name], CONTAINERS[name]
    user, group = map(int, re.findall(r"^USER (\d+):(\d+)$", LAST_STAGE, re.MULTILINE)[0])

    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": group,
        "fsGroup": group,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert (pod["automountServiceAccountToken"], pod["enableServiceLinks"]) == (False, False)
    assert set(container["resources"]) == {"requests", "limits"}


def _probes(name: str) -> Iterator[tuple[str, Any]]:
    yield from ((kind, probe) for kind, probe in CONTAINERS[name].items() if kind.endswith("Probe"))


def test_the_web_is_probed_at_paths_and_by_a_name_that_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    views = {"startupProbe": LivenessView, "livenessProbe": LivenessView, "readinessProbe": ReadinessView}
    web = CONTAINERS["Deployment togo-web"]
    settings = settings_of(monkeypatch, VARIABLES)

    assert f"EXPOSE {web['ports'][0]['containerPort']}" in DOCKERFILE
    assert {kind for kind, _ in _probes("Deployment togo-web")} == set(views)
    for kind, probe in _probes("Deployment togo-web"):
        assert resolve(probe["httpGet"]["path"]).func.view_class is views[kind]
        assert probe["httpGet"]["httpHeaders"][0]["value"] in settings["ALLOWED_HOSTS"]
        assert probe["httpGet"]["port"] == web["ports"][0]["name"]
        # The probes of Kubernetes speak plain HTTP.
        assert any(re.match(path, probe["httpGet"]["path"][1:]) for path in settings["SECURE_REDIRECT_EXEMPT"])
    [service] = [one for name, one in OBJECTS.items() if name.startswith("Service")]
    labels = OBJECTS["Deployment togo-web"]["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == labels
    assert service["spec"]["ports"][0]["targetPort"] == web["ports"][0]["name"]


@pytest.mark.parametrize("role", ["worker", "beat"])
def test_worker_and_beat_are_asked_whether_they_work(role: str) -> None:
    [(kind, probe)] = _probes(f"Deployment togo-{role}")
    assert (kind, probe["exec"]["command"]) == ("livenessProbe", ["/app/entrypoint.sh", "healthy", role])


@each_pod
def test_a_selector_finds_its_own_pods_alone(name: str) -> None:
    spec = OBJECTS[name]["spec"]
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in OBJECTS.values() if "template" in one["spec"]]
    assert labels.count(spec["template"]["metadata"]["labels"]) == 1
    if "selector" in spec:
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]


# --- the image --------------------------------------------------------------------------------------------------


def test_the_image_is_built_for_both_platforms_with_arguments_that_the_dockerfile_uses() -> None:
    bake = json.loads((ROOT / "docker-bake.json").read_text())
    target, variables = bake["target"]["default"], bake["variable"]

    assert target["platforms"] == ["linux/amd64", "linux/arm64"]
    assert set(target["args"]) <= set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))
    for name in target["args"]:
        assert len(re.findall(rf"\$\{{?{name}\b", DOCKERFILE)) >= 1, name
    assert set(re.findall(r"\$\{(\w+)\}", json.dumps(target))) == set(variables)
    assert (ROOT / target["context"] / "Dockerfile").is_file()
    documented_variables = re.findall(r"^\| `(\w+)`", (OPERATIONS / "image.md").read_text(), re.MULTILINE)
    assert set(documented_variables) == set(variables)


def test_the_version_is_the_same_everywhere() -> None:
    bake = json.loads((ROOT / "docker-bake.json").read_text())
    assert bake["variable"]["VERSION"]["default"] == VERSION
    assert re.findall(r"^ARG VERSION=(.*)$", LAST_STAGE, re.MULTILINE) == [VERSION]
    assert KUSTOMIZATION["images"][0]["newTag"] == VERSION


def test_the_image_says_what_it_is() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', LAST_STAGE))
    assert labels == {
        "title": "ToGo",
        "description": "Assigns tasks to people per day, and never gives anyone more than their limit.",
        "licenses": "MIT",
        "version": "$VERSION",
        "revision": "$REVISION",
        "source": "$SOURCE",
    }
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")


# --- going back -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_version_serves_on_a_database_that_the_next_one_has_migrated() -> None:
    """docs/operations/upgrading.md says so under "How to go back"."""
    MigrationRecorder(connection).record_applied("togo", "9999_of_the_next_version")

    call_command("migrate_under_lock", verbosity=0)
    call_command("migrate", "--check", verbosity=0)

    assert APIClient().get("/health/ready/").status_code == 200
