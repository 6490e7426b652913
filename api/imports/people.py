"""Files of customers with whom to call and where their units stand, of their contracts, and of our own side."""

from dataclasses import replace

from api.imports import cells
from api.imports.kinds import Check, Column, Derived, Kind, Target
from api.imports.units import MODEL, SERIAL, SERIAL_KEY
from domain.customers.rules import phone_digits
from domain.kit.actor import Role

CLASSES = ("vip", "key", "standard", "indirect")
CLASSES_ZH = {"vip客户": "vip", "大客户": "key", "普通": "standard", "普通客户": "standard", "间接用户": "indirect"}
ROLES = tuple(role.value for role in Role if role is not Role.SYSTEM)
ROLES_ZH = {
    "客服": "dispatcher",
    "客服经理": "service_manager",
    "审核员": "reviewer",
    "备件管理员": "parts_manager",
    "管理员": "admin",
    "服务商": "partner_office",
    "服务工程师": "technician",
}
LANGUAGES = {"english": "en", "英文": "en", "chinese": "zh", "中文": "zh", "zh-cn": "zh"}
LANGUAGE = Column("language", cells.choice(("en", "zh"), LANGUAGES), ("语言",), empty="'en'")
PARTNERS_KNOWN = "SELECT code, id FROM partner"
CUSTOMER = Column("customer", cells.code, ("customer number", "客户", "客户编号"), required=True, into="")
_OF_CUSTOMER = "LEFT JOIN customer c ON c.number = i.customer"
_CUSTOMER_ID = Target("customer_id", "c.id")
_NO_CUSTOMER = Check("c.id IS NULL", "customer", "there is no customer with this number")

CUSTOMERS = Kind(
    name="customers",
    table="customer",
    columns=(
        Column("number", cells.code, ("customer", "customer number", "客户编号", "客户"), required=True),
        Column("name", cells.line(), ("customer name", "客户名称", "名称"), required=True),
        Column("customer_class", cells.choice(CLASSES, CLASSES_ZH), ("class", "客户等级"), empty="'standard'"),
        LANGUAGE,
    ),
    match="t.number = i.number",
    identity=("number",),
    jobs="SELECT job.id FROM job JOIN plan ON plan.id = job.customer_id WHERE is_changed",
)

CONTACTS = Kind(
    name="contacts",
    table="contact",
    columns=(
        CUSTOMER,
        Column("name", cells.line(), ("contact", "contact name", "联系人"), required=True),
        Column("phone", cells.phone, ("telephone", "phone number", "电话", "联系电话", "手机"), required=True),
        Column("email", cells.email, ("e-mail", "mail", "邮箱", "电子邮件"), empty="''"),
    ),
    derived=(Derived("phone_digits", "phone", phone_digits),),
    joins=_OF_CUSTOMER,
    match="t.customer_id = c.id AND t.name = i.name",
    identity=("customer", "name"),
    targets=(_CUSTOMER_ID,),
    checks=(_NO_CUSTOMER,),
    jobs="SELECT job.id FROM job JOIN plan ON plan.id = job.contact_id WHERE is_changed",
)

SITES = Kind(
    name="sites",
    table="site",
    columns=(
        CUSTOMER,
        Column("code", cells.code, ("site", "site code", "地点编号", "地点"), required=True),
        Column("name", cells.line(), ("site name", "地点名称", "名称"), required=True),
        Column("address", cells.line(), ("street", "地址", "详细地址"), required=True),
        Column("city", cells.line(), ("town", "城市"), required=True),
        Column("region", cells.line(), ("province", "state", "省份", "地区"), empty="''"),
        Column("country", cells.line(2), ("国家",), required=True),
        Column("time_zone", cells.time_zone, ("timezone", "时区"), required=True),
    ),
    joins=_OF_CUSTOMER,
    match="t.code = i.code",
    identity=("code",),
    targets=(_CUSTOMER_ID,),
    checks=(
        _NO_CUSTOMER,
        Check(
            "t.customer_id <> c.id AND EXISTS (SELECT FROM unit WHERE unit.site_id = t.id)",
            "customer",
            "units of another customer stand at this site",
        ),
    ),
    jobs="SELECT job.id FROM job JOIN plan ON plan.id = job.site_id WHERE is_changed",
)

CONTRACTS = Kind(
    name="contracts",
    table="contract",
    columns=(
        Column("number", cells.code, ("contract", "contract number", "合约编号", "合同编号"), required=True),
        CUSTOMER,
        Column("name", cells.line(), ("contract name", "合约名称", "名称"), required=True),
        Column("summary", cells.line(2000), ("摘要",), empty="''"),
        Column("status", cells.choice(("draft", "active", "ended", "cancelled")), ("状态",), empty="'active'"),
        Column("contract_type", cells.line(64), ("type", "合约类型"), empty="'service'"),
        Column("starts_on", cells.day, ("start", "starts", "开始日期"), "date", required=True),
        Column("ends_on", cells.day, ("end", "ends", "结束日期"), "date", required=True),
        Column("terms", cells.line(4000), ("条款",), empty="''"),
        Column("charging_mode", cells.line(64), ("charging", "收费方式"), empty="'included'"),
        Column("response_mode", cells.line(64), ("response", "响应方式"), empty="'next_business_day'"),
        Column("response_hours", cells.whole(0, 10_000), ("响应小时",), "integer", empty="24"),
        Column("covers_parts", cells.truth, ("parts", "含备件"), "boolean", empty="false"),
        Column("covers_labour", cells.truth, ("labour", "含人工"), "boolean", empty="false"),
        Column("covers_travel", cells.truth, ("travel", "含差旅"), "boolean", empty="false"),
    ),
    joins=_OF_CUSTOMER,
    match="t.number = i.number",
    identity=("number",),
    targets=(_CUSTOMER_ID,),
    checks=(_NO_CUSTOMER, Check("i.ends_on < i.starts_on", "ends_on", "the contract ends before it starts")),
    jobs="SELECT job.id FROM job JOIN contract_unit listed USING (unit_id) "
    "JOIN plan ON plan.id = listed.contract_id WHERE is_changed",
)

CONTRACT_UNITS = Kind(
    name="contract-units",
    table="contract_unit",
    columns=(
        Column("contract", cells.code, ("contract number", "合约编号"), required=True, into=""),
        replace(MODEL, into=""),
        replace(SERIAL, into=""),
    ),
    derived=(replace(SERIAL_KEY, into=""),),
    joins="LEFT JOIN contract c ON c.number = i.contract "
    "LEFT JOIN unit u ON u.model_id = i.model AND u.serial_key = i.serial_key",
    match="t.contract_id = c.id AND t.unit_id = u.id",
    identity=("contract", "model", "serial_key"),
    targets=(Target("contract_id", "c.id"), Target("unit_id", "u.id")),
    checks=(
        Check("c.id IS NULL", "contract", "there is no contract with this number"),
        Check("u.id IS NULL", "serial", "there is no unit of this model with this serial"),
        Check("u.customer_id IS DISTINCT FROM c.customer_id", "serial", "this unit belongs to another customer"),
    ),
    has_id=False,
    jobs="SELECT job.id FROM job JOIN plan USING (unit_id) WHERE is_new",
)

PARTNERS = Kind(
    name="partners",
    table="partner",
    columns=(
        Column("code", cells.code, ("partner", "partner code", "服务商编号", "服务商"), required=True),
        Column("name", cells.line(), ("partner name", "服务商名称", "名称"), required=True),
        Column("grade", cells.choice(("A", "B", "C"), {"a": "A", "b": "B", "c": "C"}), ("等级",), required=True),
        Column("region", cells.line(), ("区域", "地区"), required=True),
        Column("currency", cells.currency, ("币种",), required=True),
        Column("deposit", cells.money, ("备件押金", "押金"), "bigint", into="deposit_minor", empty="0"),
    ),
    match="t.code = i.code",
    identity=("code",),
    for_admin=True,
)

PEOPLE = Kind(
    name="people",
    table="account",
    columns=(
        Column("login", cells.login, ("登录名", "账号"), required=True),
        Column("name", cells.line(), ("姓名",), required=True),
        Column(
            "role",
            cells.choice(ROLES, ROLES_ZH),
            ("角色",),
            required=True,
        ),
        Column("partner", None, ("partner code", "服务商"), "uuid", known=PARTNERS_KNOWN, into="partner_id"),
        Column("email", cells.email, ("e-mail", "邮箱"), empty="''"),
        Column("phone", cells.phone, ("telephone", "电话"), empty="''"),
        LANGUAGE,
    ),
    match="t.login = i.login",
    identity=("login",),
    checks=(
        Check(
            "(i.role = 'partner_office' AND n.partner_id IS NULL) "
            "OR (n.partner_id IS NOT NULL AND i.role NOT IN ('partner_office', 'technician'))",
            "partner",
            "a partner's people are its office and its technicians",
        ),
        # Rights are given to a person by name, not by a file that was once exported with others.
        Check("t.role <> i.role", "role", "an import does not change a person's role"),
        Check("t.id IS NOT NULL AND t.partner_id IS DISTINCT FROM n.partner_id", "partner", "an import moves nobody"),
    ),
    for_admin=True,
)
