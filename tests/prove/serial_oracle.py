"""Does the time or the content of an answer tell a real serial from an invented one?"""

from tests.bench import oracle
from tests.prove.result import Result, Sizes, judged

NUMBER = 8
ALONE = True
SIZES = {"requests": (2_000, 20_000)}


async def measure(sizes: Sizes) -> Result:
    """Ask for pairs of serials over HTTP, four ways."""
    found = await oracle.run(sizes["requests"])
    worst = found["auc_worst"]
    # The spread of an honest coin at this number of pairs, three times over: small runs may not cry wolf.
    bound = max(oracle.AUC_MAX, 0.5 + 3 * (1 / (3 * (sizes["requests"] / 12))) ** 0.5)
    different = found["different"]
    failures = [*([] if worst <= bound else [f"area under the curve {worst:.3f}"]), *different]
    return judged(
        "serials guessed by the answer",
        f"{sizes['requests'] // 2:,} pairs answered alike, AUC of the time ≤ {bound:.2f}",
        f"{len(different)} answered unlike, worst AUC {worst:.3f}",
        failures,
        **{name: figure for name, figure in found.items() if name not in ("passed", "different")},
    )
