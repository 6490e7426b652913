"""What was tried against a token and what was accepted: ``python -m tests.sealing.evidence``."""

from domain.sealing.token import read_token
from tests.sealing.tokens import KEYS, KINDS, sealed


def main() -> None:
    """Print how many forgeries of each kind were tried, and how many passed."""
    text = sealed()
    for kind, make in KINDS.items():
        forged = list(make(text))
        passed = sum(read_token(one, KEYS) is not None for one in forged)
        print(f"{kind:20} {len(forged):6,} tried, {passed} accepted")


if __name__ == "__main__":
    main()
