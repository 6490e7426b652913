"""The catalogue of an invented maker of building equipment: what the demo's units are and how they fail."""

from typing import NamedTuple


class Line(NamedTuple):
    """A product line with its five models: code stem, names, sizes, components."""

    stem: str
    name: str
    name_zh: str
    sizes: tuple[int, ...]
    unit: str
    components: tuple[str, ...]


LINES = (
    Line(
        "HP",
        "Heat pump",
        "热泵",
        (6, 8, 12, 16, 22),
        "kW",
        ("board", "compressor", "fan", "valve", "sensor", "display"),
    ),
    Line("AC", "Split air conditioner", "分体空调", (3, 5, 7, 10, 14), "kW", ("board", "compressor", "fan", "sensor")),
    Line(
        "DW", "Hood dishwasher", "罩式洗碗机", (40, 60, 80, 100, 120), "racks/h", ("board", "pump", "heater", "valve")
    ),
    Line("IM", "Ice machine", "制冰机", (30, 50, 80, 140, 200), "kg/d", ("board", "compressor", "pump", "sensor")),
    Line(
        "OV", "Combi oven", "万能蒸烤箱", (6, 10, 12, 20, 40), "trays", ("board", "fan", "heater", "display", "sensor")
    ),
    Line("LD", "Door drive", "自动门机", (80, 120, 160, 200, 250), "kg", ("board", "motor", "sensor", "display")),
)

COMPONENTS = {
    # code: name, Chinese name, whether a designator is required, its pattern, whether it has a serial
    "board": ("Control board", "控制板", "required", r"[A-Z]{1,2}[0-9]{1,3}", True),
    "display": ("Display unit", "显示单元", "required", r"[A-Z]{1,2}[0-9]{1,3}", False),
    "compressor": ("Compressor", "压缩机", "none", "", True),
    "motor": ("Drive motor", "驱动电机", "none", "", True),
    "fan": ("Fan motor", "风机电机", "none", "", False),
    "pump": ("Circulation pump", "循环泵", "none", "", False),
    "heater": ("Heating element", "加热管", "none", "", False),
    "valve": ("Expansion or inlet valve", "阀", "none", "", False),
    "sensor": ("Sensor", "传感器", "required", r"B[0-9]{1,2}", False),
}

FAULT_GROUPS = {
    # code: name, Chinese name, fault codes as (code, name, Chinese name)
    "POWER": (
        "Power supply",
        "电源",
        (
            ("P01", "No supply voltage on board", "主板无电压"),
            ("P02", "Fuse blown", "保险丝熔断"),
            ("P03", "Relay contact welded", "继电器触点粘连"),
            ("P04", "Capacitor bulged", "电容鼓包"),
        ),
    ),
    "LOGIC": (
        "Control electronics",
        "控制电路",
        (
            ("L01", "Controller does not start", "控制器不启动"),
            ("L02", "Memory error", "存储器错误"),
            ("L03", "Communication lost", "通信中断"),
            ("L04", "Output driver defective", "输出驱动损坏"),
        ),
    ),
    "COLD": (
        "Refrigeration circuit",
        "制冷回路",
        (
            ("C01", "Compressor does not start", "压缩机不启动"),
            ("C02", "Refrigerant leak", "制冷剂泄漏"),
            ("C03", "Expansion valve stuck", "膨胀阀卡死"),
        ),
    ),
    "WATER": (
        "Water circuit",
        "水路",
        (
            ("W01", "Pump blocked", "水泵卡死"),
            ("W02", "Inlet valve leaks", "进水阀漏水"),
            ("W03", "Heater scaled", "加热管结垢"),
        ),
    ),
    "MOTION": (
        "Motors and fans",
        "电机与风机",
        (
            ("M01", "Bearing noise", "轴承异响"),
            ("M02", "Winding open", "绕组断路"),
            ("M03", "Fan imbalance", "风扇不平衡"),
        ),
    ),
    "SENSE": (
        "Sensors",
        "传感器",
        (
            ("S01", "Sensor open circuit", "传感器断路"),
            ("S02", "Sensor reads out of range", "传感器超量程"),
        ),
    ),
    "PANEL": (
        "Operation and display",
        "操作与显示",
        (
            ("D01", "Display dark", "显示屏不亮"),
            ("D02", "Keys do not react", "按键无反应"),
        ),
    ),
    "NFF": ("No fault found", "未发现故障", (("N01", "No fault found", "未发现故障"),)),
}

FITS = {
    "POWER": "board",
    "LOGIC": "board",
    "COLD": "compressor",
    "WATER": "pump",
    "MOTION": "fan",
    "SENSE": "sensor",
    "PANEL": "display",
}
"""The component that a fault of each group usually sits in."""

DESIGNATORS = {
    "board": ("U3", "K2", "C114", "Q7", "F1", "T1"),
    "display": ("U1", "J4", "SW2"),
    "sensor": ("B1", "B2", "B5"),
}

SYMPTOMS = {
    "POWER": ("Unit is dead, no indicator lights", "设备无反应"),
    "LOGIC": ("Stops with an error after some minutes", "运行几分钟后报警停机"),
    "COLD": ("Runs but does not cool", "运行但不制冷"),
    "WATER": ("Water on the floor below the unit", "设备下方漏水"),
    "MOTION": ("Loud noise since this week", "本周起噪音很大"),
    "SENSE": ("Shows an impossible temperature", "温度显示异常"),
    "PANEL": ("Nothing on the display, unit still runs", "显示屏无显示"),
    "NFF": ("Customer saw an error once, gone after restart", "曾报警一次，重启后消失"),
}

OPERATIONS = (
    ("R10", "Exchange control board", "更换控制板", 45),
    ("R11", "Repair control board", "维修控制板", 60),
    ("R20", "Exchange compressor", "更换压缩机", 180),
    ("R21", "Find and close refrigerant leak", "检漏补焊", 150),
    ("R30", "Exchange pump", "更换水泵", 50),
    ("R31", "Exchange valve", "更换阀门", 40),
    ("R32", "Exchange heating element", "更换加热管", 55),
    ("R40", "Exchange motor or fan", "更换电机或风机", 60),
    ("R50", "Exchange sensor", "更换传感器", 25),
    ("R60", "Exchange display", "更换显示单元", 30),
    ("R90", "Inspect and test", "检测", 40),
    ("M10", "Yearly maintenance", "年度保养", 90),
    ("I10", "Install and commission", "安装调试", 240),
)
OPERATION_FOR = {"board": "R10", "compressor": "R20", "pump": "R30", "fan": "R40", "sensor": "R50", "display": "R60"}

PARTS = {
    # component: parts as (stem, name, Chinese name, claimable, key part, serialised, price in cents)
    "board": (("Control board", "控制板", True, True, True, 18900), ("Relay 16 A", "继电器", True, False, False, 640)),
    "display": (("Display unit", "显示单元", True, False, False, 8450),),
    "compressor": (
        ("Compressor", "压缩机", True, True, True, 46000),
        ("Filter drier", "干燥过滤器", True, False, False, 2300),
    ),
    "motor": (("Drive motor", "驱动电机", True, True, True, 31500),),
    "fan": (("Fan motor", "风机电机", True, False, False, 9900),),
    "pump": (
        ("Circulation pump", "循环泵", True, False, False, 12400),
        ("Pump seal", "泵密封圈", False, False, False, 380),
    ),
    "heater": (("Heating element", "加热管", True, False, False, 7600),),
    "valve": (("Valve", "阀", True, False, False, 5200),),
    "sensor": (("Temperature sensor", "温度传感器", True, False, False, 1850),),
}
CONSUMABLES = (
    ("X-0001", "Cleaning agent 1 l", "清洗剂", "l", 1250),
    ("X-0002", "Cable tie, bag", "扎带", "pcs", 210),
    ("X-0003", "Refrigerant R32", "制冷剂 R32", "g", 9),
    ("X-0004", "Heat-conducting paste", "导热硅脂", "g", 35),
)

CITIES = (
    # city, region, country, time zone, streets
    ("Hamburg", "north", "DE", "Europe/Berlin", ("Hafenstraße", "Elbchaussee", "Am Sandtorkai", "Mühlenkamp")),
    ("Kiel", "north", "DE", "Europe/Berlin", ("Holtenauer Straße", "Kaistraße", "Schloßgarten")),
    ("München", "south", "DE", "Europe/Berlin", ("Leopoldstraße", "Sendlinger Straße", "Isartorplatz")),
    ("Wien", "south", "AT", "Europe/Vienna", ("Mariahilfer Straße", "Praterstraße", "Gürtel")),
    ("Porto", "west", "PT", "Europe/Lisbon", ("Rua das Flores", "Avenida da Boavista")),
    ("Dublin", "west", "IE", "Europe/Dublin", ("Capel Street", "Pearse Street", "Thomas Street")),
    ("Suzhou", "own", "CN", "Asia/Shanghai", ("星湖街", "金鸡湖大道", "人民路")),
    ("Shanghai", "own", "CN", "Asia/Shanghai", ("南京西路", "淮海中路", "世纪大道")),
)
FAMILY = (
    "Berg",
    "Ito",
    "Novak",
    "Lind",
    "Costa",
    "Byrne",
    "Huber",
    "Kaya",
    "Sousa",
    "Moreau",
    "Wagner",
    "Adler",
    "Silva",
)
GIVEN = ("Mara", "Jonas", "Aoife", "Tiago", "Lena", "Emil", "Rosa", "Nils", "Ines", "Karl", "Ada", "Bruno")
ZH_NAMES = ("王磊", "李娜", "张伟", "刘洋", "陈静", "杨帆", "赵敏", "周涛")
BUSINESS = (
    "Hotel",
    "Bakery",
    "Clinic",
    "School",
    "Office Park",
    "Restaurant",
    "Brewery",
    "Laundry",
    "Museum",
    "Garage",
)
ZH_BUSINESS = ("酒店", "食品厂", "医院", "学校", "商务中心", "餐厅", "啤酒厂", "洗衣房")
