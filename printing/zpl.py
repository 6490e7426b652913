"""Labels in ZPL II, the language of Zebra's thermal printers and of those that understand them.

Source: ZPL II Programming Guide: ^BQ, ^BC with its subsets written out, ^FH, ^GF. Every field is hexadecimal where a
character means something to the printer. Words that a printer's own font may lack are sent as a picture.
"""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from domain.installs.label_paper import LabelRoll
from printing.fonts import Typeface, typeface
from printing.label_layout import Bars, Face, Label, Words, arrange
from printing.labels import write
from printing.typesetting import Setter

CODE_B, CODE_C = 104, 105
TO_C, TO_B = 99, 100
LINE = 1.25
"""Height of a picture of words in their size: what hangs below the base line stays."""
_STARTS = {CODE_B: ">:", CODE_C: ">;"}
_INVOKED = {"^": "><", ">": ">0", "~": ">="}
"""How ^BC has these characters in mode N, where the greater-than sign calls for a subset."""
_ESCAPED = frozenset("^~_")


def label_zpl(labels: Sequence[Label], roll: LabelRoll) -> bytes:
    """Return the labels as one ZPL file. Raises: LabelTooSmall."""
    face = typeface()
    setter = Setter(face)
    laid = (arrange(label, roll.width_mm, roll.height_mm, roll.dpi, setter) for label in labels)
    return "".join(_label(each, face) for each in laid).encode("ascii")


def _label(laid: Face, face: Typeface) -> str:
    x, y = laid.qr_at
    fields = [f"^FO{x},{y}^BQN,2,{laid.qr_module}{_field('MA,' + laid.link)}"]
    if laid.bars is not None:
        fields.append(_bars(laid.bars))
    fields += [_words(line, face) for line in laid.words]
    head = f"^XA^CI28^LH0,0^PW{laid.width}^LL{laid.height}^PQ1"
    return "\n".join((head, *fields, "^XZ\n"))


def _bars(bars: Bars) -> str:
    place = f"^FO{bars.x},{bars.y}^BY{bars.module},3,{bars.height}^BCN,{bars.height},N,N,N,N"
    return place + _field(_invoked(bars.symbols))


def _invoked(symbols: Sequence[int]) -> str:
    """Write symbols as ^BC wants them in mode N; the printer adds check and stop."""
    subset, *rest = symbols[:-2]
    text = [_STARTS[subset]]
    for symbol in rest:
        if subset == CODE_C and symbol == TO_B:
            subset, told = CODE_B, ">6"
        elif subset == CODE_C:
            told = f"{symbol:02}"
        elif symbol == TO_C:
            subset, told = CODE_C, ">5"
        else:
            told = chr(symbol + 32)
            told = _INVOKED.get(told, told)
        text.append(told)
    return "".join(text)


def _words(line: Words, face: Typeface) -> str:
    if line.text.isascii():
        return f"^FO{line.x},{line.y}^A0N,{line.size},{line.size}{_field(line.text)}"
    across = -(-(round(face.width(line.text, line.size)) + 1) // 8)
    image = Image.new("1", (across * 8, round(line.size * LINE)), 1)
    write(ImageDraw.Draw(image), face, 0, round(line.size * 0.85), line.text, line.size)
    dark = bytes(255 - eight for eight in image.tobytes())
    return f"^FO{line.x},{line.y}^GFA,{len(dark)},{len(dark)},{across},{dark.hex().upper()}^FS"


def _field(data: str) -> str:
    """Return a field with every character that the printer would take for a command as its hexadecimal number."""
    return "^FH_^FD" + "".join(f"_{ord(one):02X}" if one in _ESCAPED else one for one in data) + "^FS"
