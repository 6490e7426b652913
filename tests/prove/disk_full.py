"""PostgreSQL on a small disk that fills up: writes are refused cleanly, and go on when there is room again."""

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from api import embedded
from api.embedded_home import folder_of_system_user
from tests.prove.faults import repeated, times_there, unclean
from tests.prove.result import Result, Sizes, judged
from tests.prove.stage import FORGETFUL, Stage, theatre
from tests.prove.writers import Write, customers

NUMBER = 6
SIZES = {"times": (1, 20)}
DISK_MB = 160
BEFORE = 20
"""So many writes are acknowledged before the disk is filled."""
WRITES_MAX = 3_000
"""So many writes fill whatever room the pages still had."""
MEASURE = "the database's disk is full"


async def measure(sizes: Sizes) -> Result:
    """Write, fill the disk to the last byte, write until it is noticed, make room, and repeat."""
    target = f"{sizes['times']} ×: clean 503, nothing acknowledged lost, the repeat succeeds, done once"
    failures: list[str] = []
    written = 0
    with small_disk() as postgres:
        if postgres is None:
            return Result(MEASURE, target, "not run: only root may mount a small disk", False)
        async with theatre(postgres) as house:
            for time in range(sizes["times"]):
                async with house.stage() as stage:
                    filler = postgres / "server" / "filler"
                    kept, refused = [], None
                    for one in islice(customers(stage.cast.dora, "D" * 40), WRITES_MAX):
                        if len(kept) == BEFORE:
                            await asyncio.to_thread(_fill, filler)
                        response = await one.send()
                        if response.status_code >= 300:
                            refused = one
                            failures += unclean(response, refused=True)
                            break
                        kept.append(one)
                    filler.unlink(missing_ok=True)
                    failures += await _checked(stage, kept, refused, time)
                    written += len(kept)
    return judged(MEASURE, target, f"{written:,} acknowledged, then it was full: {len(failures)} wrong", failures)


async def _checked(stage: Stage, kept: list[Write], refused: Write | None, time: int) -> list[str]:
    if refused is None:
        return [f"{time}: {len(kept)} writes went into a full disk"]
    if len(kept) < BEFORE:
        return [f"{time}: refused after {len(kept)} writes, with room left"]
    lost = [
        f"{time}: acknowledged and there {found} times" for one in kept if (found := await times_there(stage, one)) != 1
    ]
    return lost + [why for one in (*kept[-20:], refused) for why in await repeated(stage, one)]


def _fill(filler: Path) -> None:
    with filler.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 65536)
                file.flush()
        except OSError:
            return


@contextmanager
def small_disk() -> Iterator[Path | None]:
    """Lend a folder with a cluster on a small disk, its log of changes elsewhere; None where only root could."""
    with tempfile.TemporaryDirectory(prefix="fieldstone-disk-") as name:
        data = Path(name) / "postgres"
        disk = data / "server"
        disk.mkdir(parents=True)
        home = folder_of_system_user() if os.geteuid() == 0 else None
        if home is None:
            yield None
            return
        uid, gid = home.stat().st_uid, home.stat().st_gid
        Path(name).chmod(0o755)
        options = f"size={DISK_MB}m,uid={uid},gid={gid},mode=0700"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], check=False).returncode:
            home.rmdir()
            yield None
            return
        try:
            embedded.start(data, settings=FORGETFUL).stop()
            log, away = disk / "cluster" / "pg_wal", home / "pg_wal"
            subprocess.run(["cp", "-a", str(log), str(away)], check=True)
            subprocess.run(["rm", "-r", str(log)], check=True)
            log.symlink_to(away)
            os.lchown(log, uid, gid)
            yield data
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)
            subprocess.run(["rm", "-rf", str(home)], check=True)
