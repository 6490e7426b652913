"""Pictures of every screen of the desk: ``python -m tests.desk.pictures FOLDER``."""

import sys
from pathlib import Path

from api.trials.week import DAYS_BACK
from tests.phone.served import missing, run_in_browser, served

PATIENCE_S = 1800
"""A hundred pictures take two minutes on an idle machine."""


def main() -> None:
    """Take them, in both languages, 1440 and 390 wide."""
    lack = missing()
    if lack:
        sys.exit(lack)
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with served(days_back=DAYS_BACK) as product:
        print(run_in_browser(product, "pictures", str(folder), app="desk", patience_s=PATIENCE_S))


if __name__ == "__main__":
    main()
