"""Pictures of every screen of the app in both languages: ``python -m tests.phone.pictures FOLDER``."""

import sys
from pathlib import Path

from api.trials.week import DAYS_BACK
from tests.phone.served import missing, run_in_browser, served


def main() -> None:
    """Take them; the product is filled with the demo's week."""
    lack = missing()
    if lack:
        sys.exit(lack)
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with served(days_back=DAYS_BACK) as product:
        print(run_in_browser(product, "pictures", str(folder)))


if __name__ == "__main__":
    main()
