"""Identifiers."""

import time

from domain.kit.ids import new_id, random_tag, repeatable


def test_it_makes_ids_in_the_order_of_time() -> None:
    early, before = new_id(), time.time_ns() // 1_000_000
    assert early.version == 7
    assert early.int >> 80 <= before
    assert len({new_id() for _ in range(1_000)}) == 1_000


def test_it_repeats_ids_inside_a_simulation_only() -> None:
    def drawn(seed: int) -> list[int]:
        with repeatable(seed, lambda: 2_000_000_000_000):
            return [new_id().int, random_tag(63), new_id().int]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    assert new_id().int != drawn(7)[0]
    assert drawn(7)[0] >> 80 == 2_000_000_000_000
