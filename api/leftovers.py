"""Files that a process was writing when it died: nobody will finish them, and they may name somebody."""

import datetime as dt
import shutil
from pathlib import Path

import structlog

from api.adapters.blobs import COMING

log = structlog.get_logger()
PRINTS, UPLOADS, RESTORE = "prints", "uploads", "restore-"
_LEFT = (f"blobs/{COMING}/*", f"{PRINTS}/*", f"{UPLOADS}/*", f"{RESTORE}*")
KEPT_FOR = dt.timedelta(days=1)
"""Nothing is being written for so long."""


def forget_leftovers(data: Path, now: dt.datetime) -> int:
    """Remove what lies where files are written and is older than a day; return how many. What cannot be stays."""
    forgotten = 0
    for pattern in _LEFT:
        for entry in data.glob(pattern):
            try:
                if entry.lstat().st_mtime < (now - KEPT_FOR).timestamp():
                    shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
                    forgotten += 1
            except FileNotFoundError:  # it was finished, or another worker was here
                continue
            except OSError as error:
                log.warning("a leftover cannot be removed", path=str(entry), why=str(error))
    return forgotten
