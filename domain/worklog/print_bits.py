"""Fingerprints of pictures as bits: how they are turned, cut into bands and told apart. Pure."""

from itertools import combinations
from typing import Literal

from msgspec import Struct

PrintKind = Literal["d", "f"]
PrintPart = Literal["whole", "middle"]

alike_bits_max = 10
"""Prints that differ in no more bits are of pictures that look alike."""
alone_bits_max, second_bits_max = 6, 16
"""One kind of print says enough alone up to so many other bits; beyond, the other kind must be as near as this."""
same_bits_max = 4
"""Both kinds of print of a picture that was only saved anew are as near as this."""
band_bits, bands = 16, 4


class Print(Struct, frozen=True):
    """One fingerprint of 64 bits, signed as a database stores them.

    Kind ``d`` says whether shades grow from left to right on a 9 × 8 copy of the picture, ``f`` which of the lowest
    frequencies of a 32 × 32 copy are positive; ``part`` says whether the whole picture was looked at or its middle.
    """

    kind: PrintKind
    part: PrintPart
    bits: int


_ODD_WAVES = sum(1 << 63 - bit for bit in range(64) if bit % 8 % 2)


def _masks(ones_max: int) -> tuple[int, ...]:
    places = [at for ones in range(ones_max + 1) for at in combinations(range(band_bits), ones)]
    return tuple(sum(1 << bit for bit in at) for at in places)


_NEAR, _NEARER = _masks(2), _masks(1)


def signed(bits: int, width: int = 64) -> int:
    """Return bits as a two's complement number."""
    return bits - (1 << width) if bits >> width - 1 else bits


def unsigned(bits: int) -> int:
    """Return a signed fingerprint as plain bits."""
    return bits & (1 << 64) - 1


def mirrored(kind: PrintKind, bits: int) -> int:
    """Return nearly the fingerprint that the mirrored picture has."""
    plain = unsigned(bits)
    if kind == "f":  # waves of odd number along the row change their sign
        return signed(plain ^ _ODD_WAVES)
    rows = (plain >> 8 * row & 0xFF for row in reversed(range(8)))
    return signed(int("".join(f"{row:08b}"[::-1] for row in rows), 2) ^ (1 << 64) - 1)


def looks_alike(difference_bits: int, frequency_bits: int) -> bool:
    """Decide whether two pictures look alike, from the bits in which their prints of either kind differ.

    One kind within ten bits is met by chance once in a hundred million pictures, and a large maker has as many: what is
    not nearly equal must be near by both kinds.
    """
    near, far = sorted((difference_bits, frequency_bits))
    return near <= alone_bits_max or (near <= alike_bits_max and far <= second_bits_max)


def bands_of(bits: int) -> tuple[int, ...]:
    """Return the four 16-bit quarters of a fingerprint from its highest bits on, signed."""
    return tuple(signed(quarter, band_bits) for quarter in _quarters(bits))


def bands_near(bits: int) -> tuple[list[int], ...]:
    """Return per band the values that a print of up to ten other bits can have in at least one of them.

    Ten differing bits in four bands: three with up to two or the last with up to one. Source: Norouzi, Punjani, Fleet,
    Fast Exact Search in Hamming Space with Multi-Index Hashing, 2014.
    """
    masks = (_NEAR, _NEAR, _NEAR, _NEARER)
    return tuple(
        [signed(quarter ^ mask, band_bits) for mask in near]
        for quarter, near in zip(_quarters(bits), masks, strict=True)
    )


def difference(one: int, other: int) -> int:
    """Return in how many bits two fingerprints differ."""
    return unsigned(one ^ other).bit_count()


def _quarters(bits: int) -> tuple[int, ...]:
    return tuple(unsigned(bits) >> band_bits * (bands - 1 - n) & 0xFFFF for n in range(bands))
