"""Files of who may repair what on warranty: authorisations of partners, certifications of technicians."""

from api.imports import cells
from api.imports.kinds import Check, Column, Kind
from api.imports.people import PARTNERS_KNOWN

TECHNICIANS_KNOWN = "SELECT login, id FROM account WHERE role = 'technician'"
_LINE = Column("product_line", cells.line(64), ("line", "产品线"), empty="'*'")
_FROM = Column("from_on", cells.day, ("from", "valid from", "生效日期"), "date", required=True)
_TO = Column("to_on", cells.day, ("to", "valid to", "失效日期"), "date")
_BACKWARDS = Check("n.to_on < n.from_on", "to_on", "it ends before it begins")

AUTHORISATIONS = Kind(
    name="authorisations",
    table="authorisation",
    columns=(
        Column("partner", None, ("partner code", "服务商"), "uuid", True, PARTNERS_KNOWN, into="partner_id"),
        _LINE,
        Column("region", cells.line(), ("区域", "地区"), empty="'*'"),
        _FROM,
        _TO,
    ),
    match="t.partner_id = i.partner AND t.product_line = coalesce(i.product_line, '*') "
    "AND t.region = coalesce(i.region, '*') AND t.from_on = i.from_on",
    identity=("partner", "product_line", "region", "from_on"),
    checks=(_BACKWARDS,),
    for_admin=True,
)

CERTIFICATIONS = Kind(
    name="certifications",
    table="certification",
    columns=(
        Column("technician", None, ("login", "服务工程师"), "uuid", True, TECHNICIANS_KNOWN, into="account_id"),
        _LINE,
        _FROM,
        _TO,
    ),
    match="t.account_id = i.technician AND t.product_line = coalesce(i.product_line, '*') AND t.from_on = i.from_on",
    identity=("technician", "product_line", "from_on"),
    checks=(_BACKWARDS,),
    for_admin=True,
)
