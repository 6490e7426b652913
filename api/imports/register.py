"""The kinds of files that can be imported."""

from api.imports.kinds import Kind
from api.imports.units import UNITS

KINDS: dict[str, Kind] = {kind.name: kind for kind in (UNITS,)}
