"""The rule book for those who set the rules: what each rule and each limit decides, in a sentence of both languages."""

import msgspec

from domain.claims.facts import DEFAULTS, Limits, Mode
from domain.claims.rules import RULES
from domain.claims.scoring import SCORED

RULES_SAY: dict[str, tuple[str, str]] = {
    "no-scan": ("A claim rests on a scan of the machine's label.", "索赔必须有扫描设备标签的记录。"),
    "D1": ("The unit of the claim is confirmed by the office.", "索赔的设备已由总部确认。"),
    "scan-unit": ("The label that was scanned is that of the job's unit.", "扫描的标签属于该工单的设备。"),
    "typed": ("The serial was read by a machine, not typed by hand.", "序列号由设备读取，而非手工输入。"),
    "D2": (
        "The unit is sold or installed: not in stock, scrapped, stolen, returned or replaced.",
        "设备已售出或已安装，而不是在库、报废、被盗、退回或已更换。",
    ),
    "D3": ("One live line for each unit and fault group.", "每台设备的每个故障组只能有一条有效索赔行。"),
    "D4": ("One claim for each visit.", "每次上门只能有一份索赔。"),
    "D5": ("Repair windows of one unit and fault group do not overlap.", "同一设备同一故障组的维修期间不得重叠。"),
    "D6": ("A component's serial sits in one place.", "一个部件序列号只能装在一处。"),
    "D8": (
        "Failure, repair and submission follow one another, a visit ends after it begins, and the claim comes in time.",
        "故障、维修、提交日期先后有序，上门先到达后完成，并且按时提交。",
    ),
    "D9": (
        "The partner is authorised for the product and region, the technician active and certified.",
        "服务商获得该产品和地区的授权，技术员在职并具备资质。",
    ),
    "D10": (
        "The job was assigned to this partner, and each assignment is claimed once.",
        "工单派给了该服务商，每次派工只索赔一次。",
    ),
    "D11": (
        "Labour and parts stay within the standard of the catalogue and the limits of the programme.",
        "工时和备件不超过目录标准和保修政策的限额。",
    ),
    "D12": ("A technician is not in two places at once.", "技术员不会同时出现在两处。"),
    "D13": ("No photo of the visit was used on another job.", "上门照片没有在其他工单上用过。"),
    "D16": ("Above a value the old part comes back before it is paid.", "超过一定价值的旧件退回后才付款。"),
    "D17": ("The tag code of the label is right and not revoked.", "标签校验码正确且未被吊销。"),
    "failure-day": (
        "The unit was covered on the day the job was reported, not only on the day the technician names.",
        "报修当日设备在保，而不仅是技术员所说的故障日。",
    ),
    "clock": ("The phone's clock was certain during the visit.", "上门期间手机时钟可靠。"),
    "repaired": ("The visit repaired the unit.", "此次上门修好了设备。"),
    "expense": ("Expenses stay within the limit, in the partner's currency.", "费用不超限额，且为服务商的币种。"),
    "travel": ("Travel time stays within the limit.", "路途时间不超限额。"),
    "coverage": ("Warranty or contract pays on the day of the failure.", "故障当日由保修或合同承担。"),
    "watch": ("The partner is not being watched for unknown serials.", "服务商未因未知序列号受到监控。"),
}
"""What must hold where a rule passes, by the rule's id."""
SCORED_SAY: dict[str, tuple[str, str]] = {
    "S1": ("A technician's week is like the weeks before.", "技术员本周的索赔量与以往相近。"),
    "S2": ("A technician's week is like everybody's.", "技术员本周的索赔量与同行相近。"),
    "S3": ("A day holds no more work and travel than one person can do.", "一天的工时与路途是一个人能完成的。"),
    "S4": ("The partner's claims are not on a run of neighbouring serials.", "服务商的索赔不集中在相邻序列号上。"),
    "S5": ("The partner's readings name known units.", "服务商扫描的序列号都是已知设备。"),
    "S6": ("One label is not read in two distant places.", "同一标签不会在相距遥远的两地被扫描。"),
    "S7": ("Claims do not gather in the last days of cover.", "索赔不集中在保修期的最后几天。"),
    "S8": ("Labour fits into the time on site.", "工时不超过现场停留时间。"),
    "S9": ("The sheet is not struck out just before it is handed in.", "工单不在提交前几分钟被大量划改。"),
    "S10": ("Labour is what this fault of this model usually takes.", "工时与该型号该故障的通常用时相符。"),
    "S11": ("Parts are what this fault of this model usually needs.", "备件与该型号该故障的通常用量相符。"),
    "S12": ("Labour is not always exactly what is allowed.", "工时并非总是恰好等于上限。"),
    "S13": ("No fault is found no more often than by others.", "“未发现故障”的比例不高于同行。"),
    "S14": ("The unit was not repaired shortly before.", "设备近期没有修过。"),
    "S15": ("Travel takes as long as the way does.", "路途时间与路程相符。"),
    "S16": ("Nobody travels faster than is possible.", "两次上门之间的行程是可能的。"),
    "S17": ("One trip is billed once.", "一次出行只计费一次。"),
    "S18": ("No photo looks like one of another machine.", "照片与其他设备的照片不相似。"),
    "S19": ("Photos are taken during the visit.", "照片在上门期间拍摄。"),
    "S20": ("Photos are taken with the app, not chosen from the gallery.", "照片由应用拍摄，而非从相册选取。"),
    "S21": ("Photos and readings are made at the site.", "照片和扫描在现场完成。"),
    "S22": ("The customer does not deny the visit.", "客户没有否认此次上门。"),
    "S23": ("The customer's number is the customer's own.", "客户电话属于客户本人。"),
    "S24": ("Partners do not share phones or accounts.", "服务商之间不共用手机或账号。"),
    "S25": ("Old parts come back in time.", "旧件按时退回。"),
    "S26": ("The old part that came back is the one that was taken out.", "退回的旧件就是换下的那一件。"),
    "S27": (
        "A fault that was found explains the parts, or a contract pays them.",
        "备件有故障记录为据，或由合同承担。",
    ),
    "S28": ("What is asked is no more than one person may approve.", "索赔金额不超过一人可核准的额度。"),
}
"""What must hold where a scored rule gives no points, by its id."""
LIMITS_SAY: dict[str, tuple[str, str]] = {
    "days_to_submit": ("Days from repair to submission.", "从维修到提交的天数。"),
    "labour_percent_max": ("Labour, as a percentage of the operation's standard minutes.", "工时占标准工时的百分比。"),
    "labour_minutes_without_operation_max": (
        "Minutes of labour without a labour operation.",
        "无维修项目的工时分钟数。",
    ),
    "part_quantity_max": (
        "Pieces of a part of which the catalogue does not say how many.",
        "目录未规定数量的备件件数。",
    ),
    "labour_minutes_max": ("Minutes of labour of a whole visit.", "一次上门的工时分钟数。"),
    "part_kinds_max": ("Kinds of parts of a whole visit.", "一次上门的备件种类数。"),
    "travel_minutes_max": ("Minutes of travel of a whole visit.", "一次上门的路途分钟数。"),
    "expense_minor_max": ("Expenses of a whole visit.", "一次上门的费用。"),
    "labour_minor_per_hour": ("Pay for an hour of labour.", "每小时工时费。"),
    "travel_minor_per_hour": ("Pay for an hour of travel.", "每小时路途费。"),
    "risk_points_review": (
        "Points from which on a person looks at an accepted claim.",
        "已通过的索赔达到多少分时由人复核。",
    ),
    "two_people_over_minor": ("Approved sum above which two people decide.", "核准金额超过多少须两人审批。"),
    "days_to_answer": ("Days a partner has to answer what was sent back.", "服务商答复退回事项的天数。"),
    "core_return_minor": (
        "Value above which the old part must come back: of all pieces of one part together.",
        "同一备件合计超过多少价值时旧件必须退回。",
    ),
}
"""What each limit is, by its name; money is in the partner's currency, in its smallest unit."""


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: what must hold for it to pass, its mode where a programme says nothing, and the mildest one allowed."""

    id: str
    version: int
    decides: str
    decides_zh: str
    mode: Mode
    floor: Mode


class ScoredRuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """A scored rule: what must hold for it to give no points, and the most it gives. None of them refuses."""

    id: str
    version: int
    decides: str
    decides_zh: str
    points_max: int


class LimitLine(msgspec.Struct, frozen=True, kw_only=True):
    """A limit that programmes set; null: without one nothing is limited."""

    name: str
    says: str
    says_zh: str
    default: int | None


class RuleBook(msgspec.Struct, frozen=True):
    """Every certain rule in the order in which the gate applies them, every scored rule, and every limit."""

    rules: list[RuleLine]
    scored: list[ScoredRuleLine]
    limits: list[LimitLine]


def rule_book() -> RuleBook:
    """Return the rule book as the code has it."""
    rules = [
        RuleLine(
            id=rule.id,
            version=rule.version,
            decides=RULES_SAY[rule.id][0],
            decides_zh=RULES_SAY[rule.id][1],
            mode=rule.mode_in({}),
            floor=rule.floor,
        )
        for rule in RULES
    ]
    scored = [
        ScoredRuleLine(
            id=rule.id,
            version=rule.version,
            decides=SCORED_SAY[rule.id][0],
            decides_zh=SCORED_SAY[rule.id][1],
            points_max=rule.weight,
        )
        for rule in SCORED
    ]
    limits = [
        LimitLine(name=name, says=LIMITS_SAY[name][0], says_zh=LIMITS_SAY[name][1], default=getattr(DEFAULTS, name))
        for name in Limits.__struct_fields__
    ]
    return RuleBook(rules, scored, limits)
