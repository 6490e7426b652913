"""A strict reader of the ZPL we write: draws what a printer would, and stumbles over anything we do not mean to say.

It encodes the codes itself (QR by qrcode, Code 128 by its own table); it is no Zebra, and no printer saw the labels.
"""

import re
from dataclasses import dataclass, field

import qrcode
from PIL import Image, ImageDraw
from qrcode.constants import ERROR_CORRECT_M

# The 107 symbols of Code 128 as widths of bars and spaces. Source: ISO/IEC 15417, table 1.
WIDTHS = re.findall(
    r"\d+",
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112",
)
_INVOKED = {"<": 62, "0": 30, "=": 94}
_TOKEN = re.compile(rb"\^([A-Z][A-Z0-9@])([^^]*)")


@dataclass
class Printed:
    """One label: its picture and what its fields said."""

    image: Image.Image
    qr: str = ""
    bars: str = ""
    words: list[str] = field(default_factory=list)
    pictures: int = 0


def printed(zpl: bytes) -> list[Printed]:
    """Print a file of labels."""
    assert zpl.isascii()
    assert b"~" not in zpl  # every control command would be one we did not mean
    found = [_label(one) for one in re.findall(rb"\^XA.*?\^XZ\n", zpl, re.DOTALL)]
    assert zpl.count(b"^XA") == zpl.count(b"^XZ") == len(found)
    return found


def _label(zpl: bytes) -> Printed:
    commands = [(name.decode(), rest.decode().rstrip("\n")) for name, rest in _TOKEN.findall(zpl)]
    assert b"".join(f"^{name}{rest}".encode() for name, rest in commands) == zpl.replace(b"\n", b"")
    names = [name for name, _ in commands]
    assert names[:5] == ["XA", "CI", "LH", "PW", "LL"] or names[:1] == ["XA"]
    sizes = {name: rest for name, rest in commands if name in ("PW", "LL", "CI")}
    assert sizes["CI"] == "28"
    label = Printed(Image.new("L", (int(sizes["PW"]), int(sizes["LL"])), 255))
    pen = ImageDraw.Draw(label.image)
    place, code, escaped = (0, 0), ("", ""), False
    module = 0
    for name, rest in commands:
        if name == "FO":
            x, y = rest.split(",")
            place, code, escaped = (int(x), int(y)), ("", ""), False
        elif name == "BY":
            module = int(rest.split(",")[0])
            assert 1 <= module <= 10
        elif name in ("BQ", "BC", "A0"):
            code = (name, rest)
        elif name == "FH":
            assert rest == "_"
            escaped = True
        elif name == "FD":
            assert escaped
            _data(label, pen, place, code, re.sub("_([0-9A-F]{2})", lambda one: chr(int(one[1], 16)), rest), module)
        elif name == "GF":
            _picture(label, place, rest)
        else:
            assert (name, rest) in {("XA", ""), ("XZ", ""), ("FS", ""), ("LH", "0,0"), ("PQ", "1")} or name in sizes
    return label


def _data(
    label: Printed, pen: ImageDraw.ImageDraw, place: tuple[int, int], code: tuple[str, str], data: str, module: int
) -> None:
    name, rest = code
    x, y = place
    if name == "BQ":
        orientation, model, scale = rest.split(",")
        assert (orientation, model) == ("N", "2")
        assert data[:3] == "MA,"  # level M, the printer chooses the mode
        label.qr = data[3:]
        made = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=1, border=0)
        made.add_data(label.qr)
        made.make(fit=True)
        for row, cells in enumerate(made.get_matrix()):
            for column, dark in enumerate(cells):
                if dark:
                    _box(pen, x + column * int(scale), y + row * int(scale), int(scale), int(scale), label)
    elif name == "BC":
        orientation, height, *flags = rest.split(",")
        assert (orientation, flags) == ("N", ["N", "N", "N", "N"])
        symbols, label.bars = _read_128(data)
        check = (symbols[0] + sum(place * one for place, one in enumerate(symbols))) % 103
        for symbol in (*symbols, check, 106):
            for index, width in enumerate(map(int, WIDTHS[symbol])):
                if index % 2 == 0:
                    _box(pen, x, y, width * module, int(height), label)
                x += width * module
    else:
        assert name == "A0"
        assert data.isascii()
        label.words.append(data)
        assert y + int(rest.split(",")[1]) <= label.image.height


def _read_128(data: str) -> tuple[list[int], str]:
    """Read mode N: a start, then characters and invocations."""
    start = {">:": 104, ">;": 105}[data[:2]]
    symbols, text, subset, at = [start], "", start, 2
    while at < len(data):
        if data[at] == ">":
            told = data[at + 1]
            at += 2
            if told in _INVOKED:
                assert subset == 104
                symbols.append(_INVOKED[told])
                text += chr(_INVOKED[told] + 32)
            else:
                wanted = {"5": (99, 105), "6": (100, 104)}[told]
                assert wanted[1] != subset
                symbols.append(wanted[0])
                subset = wanted[1]
        elif subset == 105:
            symbols.append(int(data[at : at + 2]))
            text += data[at : at + 2]
            at += 2
        else:
            assert data[at] not in "^~"
            symbols.append(ord(data[at]) - 32)
            text += data[at]
            at += 1
    return symbols, text


def _picture(label: Printed, place: tuple[int, int], rest: str) -> None:
    kind, total, same, across, hexes = rest.split(",")
    content = bytes.fromhex(hexes)
    assert kind == "A"
    assert len(content) == int(total) == int(same)
    width = int(across) * 8
    dark = Image.frombytes("1", (width, len(content) // int(across)), content)
    label.image.paste(0, place, dark)
    label.pictures += 1


def _box(pen: ImageDraw.ImageDraw, x: int, y: int, width: int, height: int, label: Printed) -> None:
    assert x >= 0
    assert y >= 0
    assert x + width <= label.image.width
    assert y + height <= label.image.height
    pen.rectangle((x, y, x + width - 1, y + height - 1), fill=0)
