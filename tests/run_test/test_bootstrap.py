"""The environment that bin/run and bin/test make: with two tiny packages, and nothing from the network."""

import ast
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lab.processes import PATIENCE, ROOT, wait_until
from tests.run_test.togos import OFFLINE, OURS

pytestmark = [
    pytest.mark.no_db,
    pytest.mark.real_time,
    pytest.mark.skipif(bool(os.environ.get("DATABASE_URL")), reason="no database is used; the run on SQLite tests it"),
]

CALL = "import bootstrap; print(bootstrap.ensure_venv(['requirements.txt'], ['requirements-extra.txt']))"


class Checkout:
    """A folder with bin/bootstrap.py and requirements of its own."""

    def __init__(self, folder: Path, *, like: "Checkout | None" = None) -> None:
        self.folder = folder
        if like:
            shutil.copytree(like.folder, folder, symlinks=True, dirs_exist_ok=True)
            return
        (folder / "bin").mkdir()
        shutil.copy(ROOT / "bin" / "bootstrap.py", folder / "bin")
        self.require("requirements.txt", tiny="1.0")
        self.require("requirements-extra.txt", extra="1.0")

    def require(self, file: str, *, is_there: bool = True, **packages: str) -> None:
        """Write a requirements file, and the wheels that it names."""
        lines = []
        for name, version in packages.items():
            wheel = self.folder / f"{name}-{version}-py3-none-any.whl"
            info = f"{name}-{version}.dist-info"
            with zipfile.ZipFile(wheel, "w") as archive:
                archive.writestr(f"{name}.py", f"version = {version!r}\n")
                archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
                archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                archive.writestr(f"{info}/RECORD", "")
            lines.append(f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
            if not is_there:
                wheel.unlink()
        (self.folder / file).write_text("".join(lines))

    def ensure(self) -> subprocess.Popen[str]:
        """Make the environment."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return subprocess.Popen(
            [sys.executable, "-c", CALL],
            cwd=self.folder / "bin",
            env=inherited | OFFLINE | {"PIP_FIND_LINKS": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ensured(self) -> list[str]:
        """Make the environment. Return the printed lines but the last, which is the path of its Python."""
        output, errors = (process := self.ensure()).communicate(timeout=PATIENCE)
        assert (process.returncode, errors) == (0, "")
        *lines, python = output.splitlines()
        assert python == f"{self.folder}/.venv/bin/python"
        return lines

    def version(self, package: str) -> str:
        """Which version of a package the environment has; empty for none."""
        code = f"import {package}; print({package}.version)"
        command = [f"{self.folder}/.venv/bin/python", "-c", code]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, list[str]]:
    """A checkout after its first start, and what was said: Python takes long to make an environment with pip."""
    checkout = Checkout(tmp_path_factory.mktemp("first"))
    return checkout, checkout.ensured()


@pytest.fixture
def started(first: tuple[Checkout, list[str]], tmp_path: Path) -> Checkout:
    """A copy of that checkout."""
    return Checkout(tmp_path, like=first[0])


def test_requirements_are_installed_once_and_again_only_if_they_have_changed(
    first: tuple[Checkout, list[str]], started: Checkout
) -> None:
    _, said = first
    assert [line.split()[0] for line in said] == ["Making", "Installing", "Installing"]
    assert (started.version("tiny"), started.version("extra")) == ("1.0", "1.0")

    assert started.ensured() == []

    started.require("requirements.txt", tiny="2.0")
    assert started.ensured() == ["Installing requirements.txt (once) …"]
    assert started.version("tiny") == "2.0"


def test_the_next_start_finishes_an_interrupted_installation(checkout: Checkout) -> None:
    process = checkout.ensure()
    wait_until((checkout.folder / ".venv" / "pyvenv.cfg").exists, what="the installation")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors == "Interrupted; the next start will finish the installation.\n"

    said = checkout.ensured()
    assert "anew" in said[0]
    assert (checkout.version("tiny"), checkout.version("extra")) == ("1.0", "1.0")


def test_leaves_out_an_optional_package_without_a_wheel(started: Checkout) -> None:
    started.require("requirements-extra.txt", is_there=False, missing="1.0")

    assert started.ensured()[-1] == "missing can't be installed on this platform; going on without it."
    assert started.version("tiny") == "1.0"
    assert started.ensured() == []


def test_a_failure_of_pip_is_reported_and_tried_again(started: Checkout) -> None:
    started.require("requirements.txt", is_there=False, missing="1.0")
    process = started.ensure()
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "No matching distribution found for missing==1.0" in errors
    assert errors.endswith("pip could not install requirements.txt, see above. Check the network, then start again.\n")

    started.require("requirements.txt", tiny="2.0")
    started.ensured()
    assert started.version("tiny") == "2.0"


def test_a_folder_that_is_no_environment_is_left_alone(checkout: Checkout) -> None:
    other = checkout.folder / ".venv" / "notes.txt"
    other.parent.mkdir()
    other.write_text("mine")

    process = checkout.ensure()
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors == f"{other.parent} holds files, but isn't a working virtual environment: remove it.\n"
    assert other.read_text() == "mine"


def _require_python(version: str) -> subprocess.CompletedProcess[str]:
    code = f"import bootstrap; bootstrap.require_python({version})"
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=ROOT / "bin", capture_output=True, text=True, check=False)


def test_a_too_old_python_gets_one_line() -> None:
    for version in ("(3, 6, 15)", "(3, 10, 13)"):
        told = _require_python(version)
        assert told.returncode == 1
        assert told.stderr.startswith("ToGo needs Python 3.11 or later, and this is Python 3.")
        assert told.stderr.count("\n") == 1

    for version in ("(3, 11, 0)", "(3, 14, 0)", "(4, 0, 0)"):
        assert _require_python(version).returncode == 0


@pytest.mark.parametrize("file", ["bin/run", "bin/bootstrap.py", "bin/test"])
def test_old_pythons_can_parse_the_files_that_refuse_them(file: str) -> None:
    ast.parse((ROOT / file).read_text(), feature_version=(3, 6))


@pytest.mark.parametrize("file", ["bin/run", "bin/test"])
def test_every_old_python_of_this_machine_is_refused(file: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nowhere = {**os.environ, "TOGO_VENV": f"{tmp_path}/file/below"}
    folders = [Path(folder) for folder in os.environ["PATH"].split(":")]
    folders += Path.home().glob(".pyenv/versions/*/bin")
    # pyenv's shims stand for versions that may not be installed.
    pythons = [python for folder in folders if folder.name != "shims" for python in folder.glob("python3.[0-9]*")]
    for python in pythons:
        if re.fullmatch(r"python3\.([6-9]|10)", python.name):
            told = subprocess.run([python, ROOT / file], env=nowhere, capture_output=True, text=True, check=False)
            assert told.returncode == 1
            assert re.fullmatch(r"ToGo needs Python 3\.11 or later, and this is Python 3\.\d+: .*\n", told.stderr)
