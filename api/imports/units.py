"""Files of the install base: units, and the components in them."""

from dataclasses import replace

from api.imports import cells
from api.imports.kinds import Check, Column, Derived, Kind, Target
from domain.installs.model import UNIT_STATUSES

MODELS = "SELECT code, id FROM model UNION ALL SELECT gtin, id FROM model WHERE gtin IS NOT NULL"
STATUSES_ZH = {
    "未确认": "unconfirmed",
    "在库": "in_stock",
    "库存": "in_stock",
    "已售": "sold",
    "已销售": "sold",
    "已安装": "installed",
    "报废": "scrapped",
    "已报废": "scrapped",
    "被盗": "stolen",
    "退回": "returned",
    "已退回": "returned",
    "已更换": "replaced",
}
MODEL = Column(
    "model",
    also=("model code", "product", "gtin", "型号", "产品型号"),
    sql="uuid",
    required=True,
    known=MODELS,
    into="model_id",
)
SERIAL = Column(
    "serial", cells.serial, ("serial number", "serial no", "s/n", "sn", "序列号", "机号", "出厂编号"), required=True
)
SERIAL_KEY = Derived("serial_key", "serial", cells.serial_key)

# What the default warranty counts from: a claim that was judged by it must not lose its ground.
_START = "coalesce({0}.warranty_start_on, {0}.in_service_on, {0}.installed_on, {0}.sold_on)"

# One dated move for each row: of a new one its owner, site and status, of a changed one what differs.
_MOVES = """
    INSERT INTO unit_move (id, unit_id, "on", kind, summary, before, after, actor_id, op_id, at)
    SELECT move_id, id, CAST(CAST(:now AS timestamptz) AS date), 'imported', 'import', '{}',
           jsonb_build_object('status', status, 'customer_id', customer_id, 'site_id', site_id),
           CAST(:actor AS uuid), CAST(:run AS uuid), :now
    FROM plan WHERE is_new
    UNION ALL
    SELECT move_id, id, CAST(CAST(:now AS timestamptz) AS date),
           CASE WHEN after ? 'customer_id' THEN 'owner'
                WHEN after ? 'site_id' THEN 'site'
                WHEN after ? 'status' THEN 'status'
                WHEN after ?| ARRAY['warranty_start_on', 'warranty_end_on', 'warranty_type'] THEN 'warranty'
                ELSE 'details' END,
           'import', before, after, CAST(:actor AS uuid), CAST(:run AS uuid), :now
    FROM plan CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(key, value) AS before, jsonb_object_agg(key, to_jsonb(plan) -> key) AS after
        FROM jsonb_each(was) WHERE value IS DISTINCT FROM to_jsonb(plan) -> key
    ) AS moved
    WHERE is_changed
"""

UNITS = Kind(
    name="units",
    table="unit",
    columns=(
        MODEL,
        SERIAL,
        Column("status", cells.choice(UNIT_STATUSES, STATUSES_ZH), ("unit status", "状态", "设备状态"), into=""),
        Column("customer", cells.code, ("customer number", "customer no", "客户", "客户编号"), into=""),
        Column("site", cells.code, ("site code", "地点", "地点编号", "安装点"), into=""),
        Column("name", cells.line(), ("unit name", "名称", "设备名称"), empty="''"),
        Column("reference_number", cells.line(), ("reference", "reference no", "参考号", "合同号"), empty="''"),
        Column("warranty_type", cells.line(64), ("warranty", "质保类型", "保修类型"), empty="'standard'"),
        Column("sold_on", cells.day, ("sold", "sale date", "date of sale", "销售日期", "售出日期"), "date"),
        Column("installed_on", cells.day, ("installed", "installation date", "安装日期"), "date"),
        Column("in_service_on", cells.day, ("in service", "commissioning date", "启用日期", "投运日期"), "date"),
        Column("warranty_start_on", cells.day, ("warranty start", "质保开始", "保修开始日期"), "date"),
        Column("warranty_end_on", cells.day, ("warranty end", "质保结束", "保修结束日期"), "date"),
        Column("supplier", cells.line(), ("供应商",), empty="''"),
        Column("dealer", cells.line(), ("代理商", "经销商"), empty="''"),
    ),
    derived=(SERIAL_KEY,),
    match="t.model_id = i.model AND t.serial_key = i.serial_key",
    identity=("model", "serial_key"),
    joins="LEFT JOIN customer c ON c.number = i.customer LEFT JOIN site s ON s.code = i.site",
    targets=(
        Target(
            "status",
            "coalesce(i.status, t.status, CASE WHEN i.installed_on IS NOT NULL THEN 'installed' "
            "WHEN i.sold_on IS NOT NULL THEN 'sold' ELSE 'in_stock' END)",
        ),
        Target(
            "customer_id",
            "CASE WHEN {has_customer} THEN coalesce(c.id, s.customer_id) "
            "ELSE coalesce(s.customer_id, t.customer_id) END",
        ),
        # A new owner without a site: the unit does not stay where the former one had it.
        Target(
            "site_id",
            "CASE WHEN {has_site} THEN s.id WHEN {has_customer} AND t.customer_id IS DISTINCT FROM c.id THEN NULL "
            "ELSE t.site_id END",
        ),
    ),
    checks=(
        Check("i.customer IS NOT NULL AND c.id IS NULL", "customer", "there is no customer with this number"),
        Check("i.site IS NOT NULL AND s.id IS NULL", "site", "there is no site with this code"),
        Check("s.customer_id <> c.id", "site", "this site belongs to another customer"),
        Check("n.warranty_end_on < n.warranty_start_on", "warranty_end_on", "the warranty ends before it starts"),
        Check(
            f"t.id IS NOT NULL AND {_START.format('n')} IS DISTINCT FROM {_START.format('t')} AND EXISTS "
            "(SELECT FROM claim WHERE claim.unit_id = t.id AND claim.state NOT IN ('refused', 'withdrawn'))",
            "warranty_start_on",
            "a claim depends on this unit's warranty start; correct it by hand",
        ),
    ),
    moves=_MOVES,
    jobs="SELECT job.id FROM job JOIN plan ON plan.id = job.unit_id WHERE is_changed",
)

COMPONENTS_OF_UNITS = Kind(
    name="unit-components",
    table="unit_component",
    columns=(
        replace(MODEL, into=""),
        replace(SERIAL, into=""),
        Column("component", cells.code, ("component code", "部件", "部件代码"), required=True, into=""),
        Column("component_serial", cells.serial, ("component serial number", "部件序列号"), into=""),
        Column("fitted_on", cells.day, ("fitted", "安装日期", "装配日期"), "date", into=""),
    ),
    derived=(
        replace(SERIAL_KEY, into=""),
        Derived("component_key", "component_serial", cells.serial_key, into="component_serial"),
    ),
    # A component without a serial is matched by its place; one that was taken out is no longer there to match.
    match="t.unit_id = u.id AND t.model_component_id = m.id AND t.removed_on IS NULL "
    "AND t.component_serial IS NOT DISTINCT FROM i.component_key",
    identity=("model", "serial_key", "component", "component_key"),
    unique=("component_key",),
    joins="LEFT JOIN unit u ON u.model_id = i.model AND u.serial_key = i.serial_key "
    "LEFT JOIN model_component m ON m.model_id = i.model AND m.code = i.component",
    targets=(
        Target("unit_id", "u.id"),
        Target("model_component_id", "m.id"),
        Target("fitted_on", "coalesce(i.fitted_on, t.fitted_on, u.installed_on, u.sold_on, current_date)"),
    ),
    checks=(
        Check("u.id IS NULL", "serial", "there is no unit of this model with this serial"),
        Check("m.id IS NULL", "component", "this model has no such component"),
        Check(
            "t.id IS NULL AND EXISTS (SELECT FROM unit_component other WHERE other.removed_on IS NULL "
            "AND other.component_serial = i.component_key)",
            "component_serial",
            "this component sits in another place",
        ),
    ),
    moves="""
        INSERT INTO unit_move (id, unit_id, "on", kind, summary, before, after, actor_id, op_id, at)
        SELECT move_id, unit_id, fitted_on, 'component', 'import',
               CASE WHEN was IS NULL THEN '{}' ELSE jsonb_build_object('fitted_on', was -> 'fitted_on') END,
               jsonb_build_object('model_component_id', model_component_id, 'component_serial', component_serial,
                                  'fitted_on', fitted_on),
               CAST(:actor AS uuid), CAST(:run AS uuid), :now
        FROM plan WHERE is_new OR is_changed
    """,
)
