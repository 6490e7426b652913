"""Pictures as a technician takes them, drawn: an opened machine before and after its repair, no two machines alike."""

import datetime as dt
import io
import random
from typing import Literal

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

SIZE = 800, 600
_METALS = ((196, 202, 206), (168, 176, 182), (120, 132, 142), (88, 98, 108), (214, 208, 196), (74, 92, 112))
_WIRES = ((178, 52, 44), (40, 84, 150), (226, 182, 60), (52, 120, 78), (30, 32, 36))


def machine_jpeg(serial: str, day: dt.date, moment: Literal["before", "after"]) -> bytes:
    """Draw the inside of a machine with its worn part, sooty, or from nearby with the new one.

    The machine of a serial always looks the same; which of its parts is worn depends on the day.
    """
    rng = random.Random(serial)
    width, height = SIZE
    image = Image.new("RGB", SIZE, rng.choice(_METALS))
    pen = ImageDraw.Draw(image)
    for _ in range(9):
        x, y = rng.randrange(-80, width - 120), rng.randrange(-80, height - 100)
        box = x, y, x + rng.randrange(120, 380), y + rng.randrange(90, 300)
        shade = rng.choice(_METALS)
        if rng.random() < 0.3:
            pen.ellipse(box, fill=shade, outline=(60, 66, 72), width=4)
        else:
            pen.rounded_rectangle(box, 14, fill=shade, outline=(60, 66, 72), width=4)
    for _ in range(7):
        path = [(rng.randrange(width), rng.randrange(height)) for _ in range(4)]
        pen.line(path, fill=rng.choice(_WIRES), width=rng.randrange(5, 11), joint="curve")
    rng = random.Random(f"{serial} {day}")
    left, top = rng.randrange(180, 420), rng.randrange(150, 280)
    part = left, top, left + 220, top + 170
    worn = moment == "before"
    pen.rounded_rectangle(
        part,
        10,
        fill=(70, 62, 54) if worn else (232, 236, 238),
        outline=(40, 40, 40) if worn else (20, 96, 130),
        width=6,
    )
    if worn:
        for _ in range(26):
            x, y, size = left + rng.randrange(-40, 240), top + rng.randrange(-50, 180), rng.randrange(14, 60)
            pen.ellipse((x, y, x + size, y + size * 0.7), fill=(26 + rng.randrange(22),) * 3)
    else:
        pen.rectangle((left + 24, top + 28, left + 196, top + 82), fill=(20, 96, 130))
        for bolt in ((18, 140), (196, 140)):
            x, y = left + bolt[0], top + bolt[1]
            pen.ellipse((x - 9, y - 9, x + 9, y + 9), fill=(150, 158, 164), outline=(60, 66, 72), width=2)
        image = image.crop((left - 170, top - 130, left + 374, top + 278)).resize(SIZE)
    return _jpeg(image.filter(ImageFilter.BoxBlur(1)), 85)


def saved_anew(jpeg: bytes) -> bytes:
    """Return a picture as it comes back out of a chat: smaller, brighter and coarser."""
    image = Image.open(io.BytesIO(jpeg)).resize((640, 480), Image.Resampling.LANCZOS)
    return _jpeg(ImageEnhance.Brightness(image).enhance(1.08), 60)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
