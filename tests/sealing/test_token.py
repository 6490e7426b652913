"""A token in a report's QR: what it says, how small it is, and that no other text passes for it."""

import datetime as dt
from uuid import UUID

import msgspec
import pytest
import qrcode
from hypothesis import given
from hypothesis import strategies as st
from qrcode.constants import ERROR_CORRECT_M

from domain.reports.document import Result
from domain.sealing.token import CLASSES, ORDER, TOKEN_BYTES, TOKEN_LETTERS, Token, read_token, seal_token, serial_ends
from tests.sealing.tokens import KEY, KEYS, KINDS, SAID, bytes_of, flipped_bits, sealed, text_of

said = st.builds(
    Token,
    key_id=st.just(SAID.key_id),
    report_id=st.uuids(),
    revision=st.integers(1, 9999),
    serial_ends=st.text(max_size=40).map(serial_ends),
    day=st.dates(dt.date(1970, 1, 1), dt.date(2149, 6, 6)),
    result=st.sampled_from(sorted(CLASSES)),
    digest=st.binary(min_size=16, max_size=16),
)


@given(said)
def test_a_token_says_what_was_sealed_and_is_spelt_one_way(one: Token) -> None:
    text = seal_token(one, KEY)
    assert read_token(text, KEYS) == one
    assert text == seal_token(one, KEY)
    assert len(text) == TOKEN_LETTERS
    assert len(bytes_of(text)) == TOKEN_BYTES
    assert text_of(bytes_of(text)) == text
    assert int.from_bytes(bytes_of(text)[100:], "big") <= ORDER // 2


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_made_of_a_token_is_accepted(kind: str) -> None:
    text = sealed()
    forged = list(KINDS[kind](text))
    assert text not in forged
    assert [one for one in forged if read_token(one, KEYS) is not None] == []


def test_every_one_of_the_1056_bits_counts() -> None:
    assert len(set(flipped_bits(sealed()))) == 1056


@given(said, st.data())
def test_no_flip_of_any_token_is_accepted(one: Token, data: st.DataObject) -> None:
    token = bytearray(bytes_of(seal_token(one, KEY)))
    for bit in data.draw(st.sets(st.integers(0, TOKEN_BYTES * 8 - 1), min_size=1, max_size=5)):
        token[bit // 8] ^= 1 << bit % 8
    assert read_token(text_of(bytes(token)), KEYS) is None


@given(st.text(max_size=300) | st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=212, max_size=212))
def test_any_other_text_is_refused_without_an_error(text: str) -> None:
    assert read_token(text, KEYS) is None


def test_a_key_that_is_not_known_counts_for_nothing() -> None:
    assert read_token(sealed(), {}) is None


def test_its_address_fits_into_version_9_at_level_m() -> None:
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data("HTTPS://REPORTS.FIELDSTONE.EXAMPLE/V/" + sealed())
    code.make(fit=True)
    assert code.version == 9


@pytest.mark.parametrize(
    ("serial", "ends"),
    [
        ("AB-1234567", "234567"),
        ("7", "     7"),
        ("", "      "),
        ("号码12345", "?12345"),
        ("a\x00\x1bc\u202ed", "a??c?d"),
    ],
)
def test_a_serial_ends_in_six_printable_characters(serial: str, ends: str) -> None:
    assert serial_ends(serial) == ends


def test_each_result_of_a_document_has_a_letter_of_its_own() -> None:
    assert set(CLASSES) == set(Result.__args__)
    assert len(set(CLASSES.values())) == len(CLASSES)


@pytest.mark.parametrize(
    "wrong",
    [
        {"serial_ends": "12345"},
        {"serial_ends": "12345é"},
        {"result": "exploded"},
        {"digest": b"short"},
        {"key_id": "0a1b"},
        {"report_id": UUID(int=1), "key_id": "xyz"},
    ],
)
def test_what_has_no_place_in_a_token_is_not_sealed(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        seal_token(msgspec.structs.replace(SAID, **wrong), KEY)
