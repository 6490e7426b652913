"""A maker's spare parts in any number, named as catalogues name them: in two languages, with sizes and versions."""

import random
from collections.abc import Iterator
from typing import Any

from api.trials.catalogue import LINES
from domain.kit.ids import new_id

MACHINE_PARTS = (
    # noun, Chinese noun, claimable, key part, serialised
    ("Control board", "控制板", True, True, True),
    ("Power supply", "电源模块", True, True, True),
    ("Inverter module", "变频模块", True, True, True),
    ("Display unit", "显示单元", True, False, True),
    ("Membrane keypad", "薄膜按键", True, False, False),
    ("Compressor", "压缩机", True, True, True),
    ("Fan motor", "风机电机", True, True, False),
    ("Drive motor", "驱动电机", True, True, True),
    ("Circulation pump", "循环泵", True, True, False),
    ("Drain pump", "排水泵", True, False, False),
    ("Heating element", "加热管", True, False, False),
    ("Expansion valve", "膨胀阀", True, False, False),
    ("Solenoid valve", "电磁阀", True, False, False),
    ("Four-way valve", "四通阀", True, False, False),
    ("Heat exchanger", "换热器", True, True, False),
    ("Filter drier", "干燥过滤器", False, False, False),
    ("Wiring harness", "线束", True, False, False),
    ("Side panel", "侧板", False, False, False),
    ("Door seal", "门封条", False, False, False),
    ("Door hinge", "门铰链", False, False, False),
    ("Handle", "把手", False, False, False),
    ("Drip tray", "接水盘", False, False, False),
    ("Bracket", "支架", False, False, False),
    ("Cover", "盖板", False, False, False),
    ("Hose assembly", "软管组件", False, False, False),
)
PLACES = (
    ("", ""),
    ("left", "左"),
    ("right", "右"),
    ("upper", "上"),
    ("lower", "下"),
    ("front", "前"),
    ("rear", "后"),
    ("inner", "内"),
    ("outer", "外"),
)
STEELS = ("A2-70", "A4-80", "8.8 Zn", "10.9")
RUBBERS = ("EPDM", "NBR 70", "FKM", "VMQ")
VOLTAGES = ("24 V DC", "115 V 60 Hz", "230 V 50 Hz", "400 V 3~")


def _bolt(chance: random.Random) -> tuple[str, str]:
    size = f"M{chance.choice((3, 4, 5, 6, 8, 10, 12))}x{chance.choice((8, 10, 12, 16, 20, 25, 30, 35, 40, 50, 60))}"
    kind, kind_zh = chance.choice(
        (("Hexagon bolt", "六角螺栓"), ("Socket head screw", "内六角螺钉"), ("Countersunk screw", "沉头螺钉"))
    )
    steel = chance.choice(STEELS)
    return f"{kind} {size}, {steel}", f"{kind_zh} {size} {steel}"


def _ring(chance: random.Random) -> tuple[str, str]:
    size = f"{chance.randrange(4, 260)} x {chance.choice((1, 1.5, 1.78, 2, 2.62, 3, 3.53, 5))}"
    rubber = chance.choice(RUBBERS)
    return f"O-ring {size}, {rubber}", f"O型圈 {size} {rubber}"


def _bearing(chance: random.Random) -> tuple[str, str]:
    size = f"{chance.choice((60, 62, 63, 68, 69))}{chance.randrange(25):02d}-{chance.choice(('2RS', 'ZZ', '2RS C3'))}"
    return f"Deep groove ball bearing {size}", f"深沟球轴承 {size}"


def _fuse(chance: random.Random) -> tuple[str, str]:
    size = f"{chance.choice((0.5, 1, 1.6, 2, 3.15, 4, 5, 6.3, 8, 10, 16))} A {chance.choice(('T', 'F'))} 5x20"
    return f"Fuse {size}", f"保险丝 {size}"


def _sensor(chance: random.Random) -> tuple[str, str]:
    kind, kind_zh = chance.choice(
        (("Temperature sensor", "温度传感器"), ("Pressure switch", "压力开关"), ("Flow sensor", "流量传感器"))
    )
    size = f"{chance.choice(('NTC 5k', 'NTC 10k', 'PT1000', '4-20 mA', '0-10 V'))}, {chance.randrange(3, 120) * 100} mm"
    return f"{kind} {size}", f"{kind_zh} {size}"


SMALL_PARTS = (_bolt, _ring, _bearing, _fuse, _sensor)


def spare_parts(count: int, seed: int = 11) -> Iterator[dict[str, Any]]:
    """Yield so many parts, each number once; the same seed gives the same parts, apart from the ids."""
    chance = random.Random(seed)
    running = 0
    for _ in range(count):
        running += chance.choice((1, 1, 1, 2, 3, 7))
        if chance.random() < 0.3:
            name, name_zh = chance.choice(SMALL_PARTS)(chance)
            number, flags = f"N{running:07d}", (False, False, False)
        else:
            number, name, name_zh, flags = _machine_part(chance, running)
        claimable, key_part, serialised = flags
        yield {
            "id": new_id(),
            "number": number,
            "name": name,
            "name_zh": name_zh,
            "unit_of_measure": "m" if name.startswith("Hose") else "pcs",
            "claimable": claimable,
            "key_part": key_part,
            "serialised": serialised,
            "price_minor": chance.randrange(20, 250_000),
            "currency": "EUR",
        }


def _machine_part(chance: random.Random, running: int) -> tuple[str, str, str, tuple[bool, bool, bool]]:
    line = chance.choice(LINES)
    noun, noun_zh, *flags = chance.choice(MACHINE_PARTS)
    place, place_zh = chance.choice(PLACES)
    model = f"{line.stem}{chance.choice(line.sizes)}"
    version = chance.choice("ABCDEFGH")
    detail = chance.choice(
        (
            f"rev. {version}",
            chance.choice(VOLTAGES),
            f"{chance.randrange(20, 900)} mm",
            f"from {chance.randrange(2014, 2027)}",
        )
    )
    name = ", ".join(filter(None, (noun, place, f"{line.name} {model}", detail)))
    name_zh = f"{line.name_zh}{model}{place_zh}{noun_zh} {detail}"
    claimable, key_part, serialised = flags
    return f"{line.stem}-{running:06d}-{version}", name, name_zh, (claimable, key_part, serialised)
