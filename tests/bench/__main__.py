"""Runs the benchmarks: ``make bench``, or ``make bench BENCH="reads scan"`` for some of them.

Every module here with an async ``run() -> dict`` takes part. Figures of one run are printed as ratios to a yardstick
measured in the same run, and written to out/bench.json.
"""

import asyncio
import importlib
import inspect
import json
import logging
import os
import platform
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    logging.disable(logging.INFO)  # libraries that tell of every request and migration
    found = names or sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("__main__", "__init__"))
    results: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    }
    for name in found:
        run = getattr(importlib.import_module(f"tests.bench.{name}"), "run", None)
        if run is None:
            continue
        print(f"== {name}", flush=True)
        started = time.perf_counter()
        results[name] = asyncio.run(run()) if inspect.iscoroutinefunction(run) else run()
        for key, value in results[name].items():
            print(f"   {key}: {value}")
        print(f"   ({time.perf_counter() - started:.0f} s)", flush=True)
    out = Path("out")
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(json.dumps(results, indent=2, default=str) + "\n")
    print(f"written to {out / 'bench.json'}")


if __name__ == "__main__":
    main(sys.argv[1:])
