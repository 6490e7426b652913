"""Back up while the product writes, restore elsewhere, verify: the drill of the test suite, timed."""

import asyncio
import re
import sys

from tests.prove.result import Result, Sizes, judged

NUMBER = 12
SIZES = {"times": (1, 5)}
DRILL = "tests/platform/test_backups.py"


async def measure(sizes: Sizes) -> Result:
    """Run the drill; what fails is told by its name."""
    failures: list[str] = []
    passed = 0
    for _ in range(sizes["times"]):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", DRILL),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
        text = said.decode(errors="replace")
        failures += re.findall(r"^(?:FAILED|ERROR) .*$", text, re.MULTILINE)
        if process.returncode and not failures:
            failures.append(text[-300:])
        failures += [f"{number} skipped" for number in re.findall(r"(\d+) skipped", text)]
        passed += sum(int(number) for number in re.findall(r"(\d+) passed", text))
    return judged(
        "back up, restore, verify, counts equal",
        f"{sizes['times']} × the whole drill",
        f"{passed} parts of it passed, {len(failures)} failed",
        failures,
        enough=passed > 0,
    )
