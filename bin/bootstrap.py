"""Makes the virtual environment that bin/run and bin/test work in.

Old Pythons must be able to parse this file, so that they can say that they are too old: use no syntax newer than 3.6.
"""

import contextlib
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)


def require_python(version=sys.version_info, system=os.name):
    """Exit with one line if this Python or this system can't run ToGo."""
    if tuple(version[:2]) < OLDEST:
        sys.exit(
            "ToGo needs Python {}.{} or later, and this is Python {}.{}: start it with a newer one, such as "
            "python3.12 {}".format(*OLDEST + tuple(version[:2]) + (sys.argv[0],))
        )
    if system != "posix":
        sys.exit("ToGo's commands need Linux or macOS; on Windows use WSL or docker-compose.")


def ensure_venv(requirement_files, optional_files=()):
    """Install the packages of these requirements files into .venv (or the folder that TOGO_VENV names).

    1. A note for each file records what was installed; it is installed again only after the file or Python changes.
    2. If an installation of ours was interrupted, the environment is made anew.
    3. Not every platform has wheels for the packages of the optional files; without them the installation goes on.

    Returns the path of the environment's Python. Exits with a message if the installation fails.
    """
    require_python()
    venv = _Venv(os.environ.get("TOGO_VENV", "").strip() or str(ROOT / ".venv"))
    files = [ROOT / name for name in requirement_files]
    optional = [ROOT / name for name in optional_files]
    if not venv.holds(files + optional):
        # SIGTERM acts as Ctrl-C does: pip must not go on after its parent has ended.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with venv.locked():
                venv.install(files, optional)
        except KeyboardInterrupt:
            sys.exit("Interrupted; the next start will finish the installation.")
        except OSError as error:
            sys.exit("The virtual environment can't be made: {}".format(error))
        finally:
            signal.signal(signal.SIGTERM, before)
    return venv.python


class _Venv:
    """A virtual environment, with notes about it in its folder `togo`."""

    def __init__(self, folder):
        self.folder = Path(folder).expanduser().absolute()
        self.python = self.folder / "bin" / "python"
        self.notes = self.folder / "togo"
        # Only an environment with this mark is ever cleared: TOGO_VENV may name somebody's own environment.
        self.ours = self.notes / "made-by-togo"
        self.installing = self.notes / "installing"
        self.lock = None

    def holds(self, files):
        """Whether the packages of all these files are installed."""
        version = self._version()
        return bool(version) and not self.installing.exists() and all(self._noted(file, version) for file in files)

    @contextlib.contextmanager
    def locked(self):
        """Make a second first start wait. pip inherits the lock, so it keeps the lock even if it outlives us."""
        import fcntl

        self.notes.mkdir(parents=True, exist_ok=True)
        with (self.notes / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say("Waiting for another installation into {} …".format(self.folder))
                fcntl.flock(lock, fcntl.LOCK_EX)
            self.lock = lock
            yield

    def install(self, files, optional):
        """Make the environment if it is missing or broken, then install the files that aren't noted yet."""
        version = self._version()
        noted = [note.read_text().split()[1:] for note in self.notes.glob("*.sha256")]
        if self.ours.exists() and (self.installing.exists() or not version or any(n != [version] for n in noted)):
            _say("Making {} anew: its installation was not finished, or its Python has changed.".format(self.folder))
            self._clear()
            version = ""
        if self.ours.exists() or not version:
            self._make(version)
        version = self._version()
        if not version:
            sys.exit("{} isn't a working virtual environment of Python 3.11 or later: remove it.".format(self.folder))
        for file in files + optional:
            if not self._noted(file, version):
                self._install(file, file in optional)
                (self.notes / (file.name + ".sha256")).write_text("{} {}\n".format(_hash(file), version))
        with contextlib.suppress(FileNotFoundError):
            self.installing.unlink()

    def _version(self):
        """Such as cpython-311-x86_64; empty if the environment's Python is missing, broken or too old."""
        if not (self.folder / "pyvenv.cfg").exists():
            return ""
        code = "import sys; print(sys.version_info >= {} and sys.implementation.cache_tag or '')".format(OLDEST)
        try:
            command = [str(self.python), "-I", "-S", "-c", code]
            answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
        tag = answer.stdout.decode().strip()
        return tag and "{}-{}".format(tag, platform.machine())

    def _noted(self, file, version):
        note = self.notes / (file.name + ".sha256")
        return note.exists() and note.read_text().split() == [_hash(file), version]

    def _clear(self):
        """Empty the folder, but keep the lock that is held."""
        self.installing.touch()
        for path in list(self.folder.iterdir()) + list(self.notes.iterdir()):
            if path in (self.notes, self.notes / "lock", self.ours, self.installing):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(str(path))
            else:
                path.unlink()

    def _make(self, version):
        others = [path for path in self.folder.iterdir() if path != self.notes]
        if others and not self.ours.exists():
            sys.exit("{} holds files, but isn't a working virtual environment: remove it.".format(self.folder))
        self.installing.touch()
        self.ours.touch()
        if version:
            return
        _say("Making {} (once) …".format(self.folder))
        made = self._run([sys.executable, "-m", "venv", str(self.folder)])
        if made.returncode != 0:
            sys.stderr.write(made.stdout.decode(errors="replace"))
            sys.exit("Python can't make virtual environments here (on Debian: apt install python3-venv).")

    def _install(self, file, is_optional):
        _say("Installing {} (once) …".format(file.name))
        command = [str(self.python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        command += ["--require-hashes"] + (["--only-binary", ":all:"] if is_optional else []) + ["-r", str(file)]
        done = self._run(command)
        if done.returncode == 0:
            return
        if is_optional:
            _say("{} can't be installed on this platform; going on without it.".format(_names(file)))
            return
        sys.stderr.write(done.stdout.decode(errors="replace"))
        sys.exit("pip could not install {}, see above. Check the network, then start again.".format(file.name))

    def _run(self, command):
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[self.lock.fileno()],
        )


def _hash(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _names(file):
    lines = file.read_text().splitlines()
    return ", ".join(line.split("==")[0] for line in lines if "==" in line)


def _say(line):
    print(line, flush=True)
