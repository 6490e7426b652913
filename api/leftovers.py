"""Files that a process was writing when it died: nobody will finish them, and they may name somebody."""

import contextlib
import datetime as dt
import shutil
from pathlib import Path

from api.adapters.blobs import COMING

PRINTS, UPLOADS = "prints", "uploads"
_FOLDERS = (Path("blobs", COMING), Path(PRINTS), Path(UPLOADS))
KEPT_FOR = dt.timedelta(days=1)
"""Nothing is being written for so long."""


def forget_leftovers(data: Path, now: dt.datetime) -> int:
    """Remove what lies where files are written and is older than a day; return how many."""
    forgotten = 0
    for folder in _FOLDERS:
        for entry in (data / folder).glob("*"):
            with contextlib.suppress(FileNotFoundError):  # it was finished, or another worker was here
                if entry.stat().st_mtime < (now - KEPT_FOR).timestamp():
                    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
                    forgotten += 1
    return forgotten
