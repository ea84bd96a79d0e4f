"""The compose files for clusters, and the files of their nodes, checked without an engine."""

import re
import subprocess
from typing import Any

import pytest
import yaml

from lab import packages
from lab.processes import ROOT

pytestmark = pytest.mark.no_db

FOLDER = ROOT / "docs" / "operations" / "clusters"
ONE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
FILES = {name: (ROOT / f"docker-compose.{name}.yml").read_text() for name in ("ha", "galera")}
CLUSTERS: dict[str, dict[str, dict[str, Any]]] = {
    name: yaml.safe_load(text)["services"] for name, text in FILES.items()
}
# The services of ToGo, and the one of docker-compose.yml that each must be like.
TOGO = {
    "ha": {name: name for name in ("secrets", "web", "worker", "beat")},
    "galera": {
        "secrets": "secrets",
        "web1": "web",
        "web2": "web",
        "worker1": "worker",
        "worker2": "worker",
        "beat": "beat",
    },
}


def services() -> list[Any]:
    return [
        pytest.param(name, service, id=f"{file}-{name}")
        for file, some in CLUSTERS.items()
        for name, service in some.items()
    ]


@pytest.mark.parametrize(("name", "service"), services())
def test_every_service_restarts_has_a_health_check_and_few_privileges(name: str, service: dict[str, Any]) -> None:
    if name != "secrets":
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"
    assert service["read_only"] is True
    if name != "broker":
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("file", CLUSTERS)
def test_togo_has_the_settings_and_limits_that_it_has_on_one_machine(file: str) -> None:
    for name, other in TOGO[file].items():
        own, expected = CLUSTERS[file][name], ONE[other]
        for part in ("build", "tmpfs", "volumes", "healthcheck", "stop_grace_period"):
            assert own.get(part) == expected.get(part), (name, part)
        environment = {**own.get("environment", {}), "DATABASE_URL_FILE": ""}
        environment.pop("DATABASE_REPLICA_URL_FILE", "")
        assert environment == expected.get("environment", {}) | {"DATABASE_URL_FILE": ""}


@pytest.mark.parametrize("file", CLUSTERS)
def test_no_secret_is_in_the_file_and_only_togo_can_be_reached(file: str) -> None:
    assert not re.search(r"://[^/\s]*:[^/\s]*@", FILES[file])
    published = {name: service["ports"] for name, service in CLUSTERS[file].items() if "ports" in service}
    assert published == {"web" if file == "ha" else "entry": ["${TOGO_PUBLISH:-127.0.0.1:8000}:8000"]}


@pytest.mark.parametrize("file", CLUSTERS)
def test_every_node_has_a_volume_of_its_own_and_waits_for_the_secrets(file: str) -> None:
    volumes = set(yaml.safe_load(FILES[file])["volumes"])
    for number in (1, 2, 3):
        node = CLUSTERS[file][f"node{number}"]
        assert f"node{number}:/data" in node["volumes"]
        assert node["depends_on"]["secrets"]["condition"] == "service_completed_successfully"
        assert node["command"][1] == f"node{number}"
    used = {volume.partition(":")[0] for service in CLUSTERS[file].values() for volume in service.get("volumes", [])}
    assert used == volumes


def test_each_half_of_togo_uses_a_node_of_its_own() -> None:
    galera = CLUSTERS["galera"]
    for number, file in ((1, "database_url"), (2, "database_url2")):
        for part in (galera[f"web{number}"], galera[f"worker{number}"]):
            assert part["environment"]["DATABASE_URL_FILE"] == f"/run/togo/{file}"
            assert part["depends_on"][f"node{number}"]["condition"] == "service_healthy"
    assert galera["secrets"]["command"][3:] == ["mysql://togo@node1/togo", "mysql://togo@node2/togo"]


def test_reads_are_led_to_the_nodes_that_follow() -> None:
    ha = CLUSTERS["ha"]
    assert ha["web"]["environment"]["DATABASE_REPLICA_URL_FILE"] == "/run/togo/database_url2"
    writer, replicas = ha["secrets"]["command"][3:]
    assert (writer, replicas) == ("postgres://togo@database/togo", "postgres://togo@database:5433/togo")
    listening = re.split(r"^(?=listen|frontend)", (FOLDER / "haproxy.cfg").read_text(), flags=re.MULTILINE)
    assert [re.findall(r"bind :(\d+)|OPTIONS (\S+)", part) for part in listening[1:3]] == [
        [("5432", ""), ("", "/primary")],
        [("5433", ""), ("", "/replica")],
    ]


def test_the_services_run_what_is_in_their_image() -> None:
    dockerfile = (FOLDER / "Dockerfile").read_text()
    for file, some in CLUSTERS.items():
        for service in some.values():
            if not isinstance(service.get("build"), dict):
                continue
            target = service["build"]["target"]
            stage = dockerfile[dockerfile.index(f"AS {target}") :].partition("\nFROM")[0]
            assert service["build"]["context"] == "docs/operations/clusters"
            for word in service["command"]:
                if word.startswith("/cluster/"):
                    name = word.removeprefix("/cluster/")
                    assert (FOLDER / name).exists(), file
                    assert re.search(rf"COPY .*\b{re.escape(name)}\b.* /cluster/", stage), (file, name)


def test_an_acknowledged_write_is_on_two_nodes() -> None:
    shipped = yaml.safe_load((FOLDER / "patroni.yml").read_text())["bootstrap"]["dcs"]
    assert shipped["synchronous_mode"] is True
    assert shipped["synchronous_mode_strict"] is True
    assert "pre_promote: /cluster/pre_promote.sh" in (FOLDER / "patroni.yml").read_text()
    assert shipped["ttl"] >= shipped["loop_wait"] + 2 * shipped["retry_timeout"]


@pytest.mark.parametrize("name", ["haproxy.cfg", "galera-haproxy.cfg"])
def test_haproxy_reads_its_configuration(name: str) -> None:
    program = packages.find("haproxy")
    if not program:
        pytest.skip("haproxy is not installed")
    done = subprocess.run([program, "-c", "-f", str(FOLDER / name)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["patroni.sh", "pre_promote.sh", "create.sh", "galera.sh"])
def test_a_script_is_one_that_a_shell_reads(name: str) -> None:
    script = FOLDER / name
    assert script.stat().st_mode & 0o111
    shell = script.read_text().splitlines()[0].removeprefix("#!")
    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0
