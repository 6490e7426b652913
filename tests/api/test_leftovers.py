"""What a process was writing when it died lies apart, and is forgotten after a day."""

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

from api.adapters.blobs import COMING
from api.leftovers import KEPT_FOR, PRINTS, UPLOADS, forget_leftovers
from domain.kit.work import utc_now

DIES = """
import os, signal, sys
from pathlib import Path
from api.adapters.blobs import FolderBlobs
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
blobs, file = FolderBlobs(Path(sys.argv[1]) / "blobs"), Path(sys.argv[1]) / "file"
if sys.argv[2] == "put":
    blobs._put(b"Mia Okafor, Canal Street 7")
file.write_bytes(b"Mia Okafor, Canal Street 7")
blobs._put_file(file)
"""


def files(folder: Path) -> list[Path]:
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())


def killed_while_it_wrote(data: Path, how: str) -> Path:
    """Kill a process before its file is durable; returns what it left."""
    assert subprocess.run([sys.executable, "-c", DIES, data, how]).returncode == -signal.SIGKILL
    (left,) = files(data)
    return left


def test_a_process_that_dies_while_it_writes_leaves_nothing_among_the_files(tmp_path: Path) -> None:
    for how in ("put", "put_file"):
        data = tmp_path / how
        data.mkdir()
        left = killed_while_it_wrote(data, how)
        assert left.parent == Path("blobs", COMING)
        assert forget_leftovers(data, utc_now()) == 0
        assert forget_leftovers(data, utc_now() + KEPT_FOR + dt.timedelta(minutes=1)) == 1
        assert files(data) == []


def test_what_is_being_written_stays_and_what_is_kept_too(tmp_path: Path) -> None:
    kept = tmp_path / "blobs" / "ab" / "cd" / "abcd"
    new, old = tmp_path / PRINTS / "new" / "print", tmp_path / PRINTS / "old" / "print"
    sent = tmp_path / UPLOADS / "tmp1"
    long_ago = (utc_now() - KEPT_FOR - dt.timedelta(minutes=1)).timestamp()
    for path in (kept, new, old, sent):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"-")
    for path in (kept, old.parent, sent):
        os.utime(path, (long_ago, long_ago))
    assert forget_leftovers(tmp_path, utc_now()) == 2
    assert files(tmp_path) == sorted(path.relative_to(tmp_path) for path in (kept, new))


def test_what_cannot_be_removed_stays_and_a_link_goes_without_what_it_leads_to(tmp_path: Path) -> None:
    kept = tmp_path / "elsewhere" / "paper"
    dump = tmp_path / "restore-ab12" / "database.dump"
    for path in (kept, dump, tmp_path / PRINTS / "x"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"-")
    (tmp_path / PRINTS / "link").symlink_to(kept.parent)
    later = utc_now() + KEPT_FOR + dt.timedelta(minutes=1)
    assert forget_leftovers(tmp_path, later) == 3
    assert files(tmp_path) == [Path("elsewhere", "paper")]


def test_where_nothing_was_written_yet_there_is_nothing_to_forget(tmp_path: Path) -> None:
    assert forget_leftovers(tmp_path, utc_now()) == 0
