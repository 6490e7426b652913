"""Patterns of master data: which can be read, and what fits them; phones read the same table."""

import json
from pathlib import Path
from typing import Any

import pytest

from domain.kit.patterns import compiled

TABLE: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "vectors/patterns.json").read_text())


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["why"])
def test_a_pattern_fits_what_the_table_says(row: Any) -> None:
    if row.get("unreadable"):
        with pytest.raises(ValueError, match="pattern"):
            compiled(row["pattern"])
        return
    pattern = compiled(row["pattern"])
    for text in row["fits"]:
        assert pattern.fullmatch(text), text
    for text in row["does_not_fit"]:
        assert not pattern.fullmatch(text), text
