"""Files of the catalogue and of warranty: what units, job sheets and claims refer to."""

from api.imports import cells
from api.imports.kinds import Check, Column, Kind, Target, Told
from api.imports.units import MODEL

CODE = Column("code", cells.code, ("number", "编号", "代码"), required=True)
NAME = Column("name", cells.line(), ("description", "名称", "中文名称"), required=True)
NAME_ZH = Column("name_zh", cells.line(), ("chinese name", "name in chinese", "中文名"), empty="''")
SAME_CODE = "t.code = i.code"
PROGRAMMES_KNOWN = "SELECT code, id FROM programme"
PARTS_KNOWN = "SELECT number, id FROM part"
GROUPS_KNOWN = "SELECT code, id FROM fault_group"
DESIGNATOR_ZH = {"必填": "required", "无": "none"}
_MONTHS = cells.whole(0, 600)

PROGRAMMES = Kind("programmes", "programme", (CODE, NAME), match=SAME_CODE, identity=("code",))

PROGRAMME_VERSIONS = Kind(
    name="programme-versions",
    table="programme_version",
    columns=(
        Column("programme", None, ("programme code", "保修政策"), "uuid", True, PROGRAMMES_KNOWN, into="programme_id"),
        Column("from_on", cells.day, ("from", "valid from", "生效日期"), "date", required=True),
        Column("limits", cells.whole_numbers, ("限额",), "jsonb", empty="'{}'::jsonb"),
        Column("modes", cells.modes, ("规则模式",), "jsonb", empty="'{}'::jsonb"),
    ),
    match=(
        "t.programme_id = i.programme AND t.from_on = i.from_on AND NOT EXISTS (SELECT FROM programme_version AS later "
        "WHERE later.programme_id = t.programme_id AND later.from_on = t.from_on AND later.set_at > t.set_at)"
    ),
    identity=("programme", "from_on"),
    checks=(
        Check(
            "t.id IS NOT NULL AND (n.limits, n.modes) IS DISTINCT FROM (t.limits, t.modes)",
            "from_on",
            "a version from this day is there and stays as it is: set another one",
        ),
        # A claim is submitted no earlier than it was repaired, and its day is indexed.
        Check(
            "t.id IS NULL AND i.from_on < current_date "
            "AND EXISTS (SELECT FROM claim JOIN unit ON unit.id = claim.unit_id "
            "JOIN model ON model.id = unit.model_id "
            "WHERE claim.submitted_on >= i.from_on AND model.programme_id = i.programme)",
            "from_on",
            "claims were judged since that day: set a version from today on",
        ),
    ),
)

MODELS = Kind(
    name="models",
    table="model",
    columns=(
        Column("code", cells.code, ("model", "model code", "型号", "产品型号"), required=True),
        Column("gtin", cells.gtin, ("ean", "barcode", "条码", "商品条码")),
        NAME,
        NAME_ZH,
        Column("product_line", cells.line(64), ("line", "产品线"), required=True),
        Column("serial_pattern", cells.serial_pattern, ("serial format", "序列号格式"), empty="''"),
        Column("programme", None, ("programme code", "保修政策"), "uuid", known=PROGRAMMES_KNOWN, into="programme_id"),
    ),
    match=SAME_CODE,
    identity=("code",),
    unique=("gtin",),
    checks=(
        Check(
            "EXISTS (SELECT FROM model other WHERE other.gtin = i.gtin AND other.code <> i.code)",
            "gtin",
            "another model has this GTIN",
        ),
    ),
    told=Told("catalogue", "model", ("code", "gtin", "name", "name_zh", "product_line", "serial_pattern")),
    jobs="SELECT job.id FROM job JOIN unit ON unit.id = job.unit_id JOIN plan ON plan.id = unit.model_id "
    "WHERE is_changed",
)

COMPONENTS = Kind(
    name="components",
    table="model_component",
    columns=(
        MODEL,
        Column("code", cells.code, ("component", "component code", "部件", "部件代码"), required=True),
        NAME,
        NAME_ZH,
        Column("designator", cells.choice(("required", "none"), DESIGNATOR_ZH), ("位号",), empty="'none'"),
        Column("designator_pattern", cells.pattern, ("designator format", "位号格式"), empty="''"),
        Column("serialised", cells.truth, ("has serial", "有序列号"), "boolean", empty="false"),
    ),
    match="t.model_id = i.model AND t.code = i.code",
    identity=("model", "code"),
    told=Told(
        "catalogue",
        "model",
        ("code", "name", "name_zh", "designator", "designator_pattern", "serialised"),
        ids="SELECT DISTINCT model_id FROM plan WHERE is_told",
    ),
)

PARTS = Kind(
    name="parts",
    table="part",
    columns=(
        Column("number", cells.code, ("part", "part number", "code", "备件号", "零件号", "备件编号"), required=True),
        NAME,
        NAME_ZH,
        Column("unit_of_measure", cells.line(16), ("unit", "uom", "单位"), empty="'piece'"),
        Column("claimable", cells.truth, ("可索赔",), "boolean", empty="true"),
        Column("key_part", cells.truth, ("key", "关键件"), "boolean", empty="false"),
        Column("serialised", cells.truth, ("has serial", "有序列号"), "boolean", empty="false"),
        Column("price", cells.money, ("list price", "单价", "价格"), "bigint", into="price_minor", empty="0"),
        Column("currency", cells.currency, ("币种",), empty="'EUR'"),
    ),
    match="t.number = i.number",
    identity=("number",),
    # A new price is nothing to phones: they do not show it.
    told=Told(
        "catalogue",
        "part",
        ("number", "name", "name_zh", "unit_of_measure", "claimable", "key_part", "serialised"),
    ),
)

FAULT_GROUPS = Kind(
    "fault-groups",
    "fault_group",
    (CODE, NAME, NAME_ZH),
    match=SAME_CODE,
    identity=("code",),
    told=Told(
        "codes",
        "fault_code",
        ("code", "name", "name_zh"),
        ids="SELECT c.id FROM fault_code c JOIN plan ON plan.id = c.fault_group_id WHERE is_told",
    ),
)

FAULT_CODES = Kind(
    name="fault-codes",
    table="fault_code",
    columns=(
        Column("code", cells.code, ("fault code", "故障代码"), required=True),
        Column("group", cells.code, ("fault group", "故障组"), required=True, into=""),
        Column("group_name", cells.line(), ("fault group name", "故障组名称"), into=""),
        NAME,
        NAME_ZH,
        Column("no_fault_found", cells.truth, ("nff", "未发现故障"), "boolean", empty="false"),
    ),
    match=SAME_CODE,
    identity=("code",),
    # A group that is not there yet comes with its first code; its name in this file or, for want of one, its code.
    prepare=(
        'INSERT INTO fault_group (id, code, name) SELECT gen_random_uuid(), i."group", '
        'coalesce(max(i.group_name), i."group") FROM incoming i GROUP BY i."group" ON CONFLICT DO NOTHING'
    ),
    joins='LEFT JOIN fault_group g ON g.code = i."group"',
    targets=(Target("fault_group_id", "g.id"),),
    told=Told("codes", "fault_code", ("code", "name", "name_zh", "fault_group_id", "no_fault_found")),
)

LABOUR_OPERATIONS = Kind(
    name="labour-operations",
    table="labour_operation",
    columns=(
        Column("code", cells.code, ("operation", "维修项目代码", "代码", "编号"), required=True),
        Column("name", cells.line(), ("description", "维修项目", "名称"), required=True),
        NAME_ZH,
        Column("standard_minutes", cells.whole(0, 24 * 60), ("minutes", "标准工时"), "integer", required=True),
    ),
    match=SAME_CODE,
    identity=("code",),
    told=Told("codes", "labour_operation", ("code", "name", "name_zh", "standard_minutes")),
)

PART_LIMITS = Kind(
    name="part-limits",
    table="part_limit",
    columns=(
        Column("group", None, ("fault group", "故障组"), "uuid", True, GROUPS_KNOWN, into="fault_group_id"),
        Column("part", None, ("part number", "备件号", "备件编号"), "uuid", True, PARTS_KNOWN, into="part_id"),
        Column("quantity_max", cells.whole(0, 100_000), ("quantity", "数量上限"), "integer", required=True),
    ),
    match='t.fault_group_id = i."group" AND t.part_id = i.part',
    identity=("group", "part"),
)

WARRANTY_TERMS = Kind(
    name="warranty-terms",
    table="warranty_term",
    columns=(
        MODEL,
        Column("from_on", cells.day, ("from", "valid from", "sold from", "生效日期"), "date", required=True),
        Column("parts_months", _MONTHS, ("parts", "备件质保月数"), "integer", required=True),
        Column("labour_months", _MONTHS, ("labour", "人工质保月数"), "integer", required=True),
        Column("travel_months", _MONTHS, ("travel", "差旅质保月数"), "integer", required=True),
    ),
    match="t.model_id = i.model AND t.from_on = i.from_on",
    identity=("model", "from_on"),
    jobs="SELECT job.id FROM job JOIN unit ON unit.id = job.unit_id JOIN plan USING (model_id) "
    "WHERE is_new OR is_changed",
)
