"""The maker's brand of this installation, read from its settings once."""

from functools import cache
from pathlib import Path

from api.settings import Settings
from printing.brand import read_brand
from printing.style import Brand


@cache
def brand_of(settings: Settings) -> Brand:
    """Return whose papers this installation prints. Raises: BrandRefused, in the words of the setting that is wrong."""
    lines = tuple(filter(None, (line.strip() for line in settings.brand_lines.split("|"))))
    logo = Path(settings.brand_logo) if settings.brand_logo else None
    return read_brand(settings.brand_name, lines, settings.brand_colour, logo)
