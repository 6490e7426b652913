"""Every word we print, in English and in Simplified Chinese. One word per thing, as on the screens."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["en", "zh"]

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Service report", "服务报告"),
    "report_number": ("Report", "报告编号"),
    "revision": ("Revision", "版次"),
    "replaces": ("This revision replaces revision {}.", "本版取代第 {} 版。"),
    "reason": ("Reason", "原因"),
    "visit_date": ("Date of visit", "上门日期"),
    "serial_ends": ("Serial ends in", "序列号末四位"),
    "short_code": ("Code to type", "验证短码"),
    "check": (
        "Is this report genuine and current? Scan the code with a phone's camera, or type it at {}",
        "本报告是否真实、是否最新？用手机相机扫码，或输入短码查验：{}",
    ),
    "page": ("Page {} of {}", "第 {} 页，共 {} 页"),
    "erased": ("Erased", "已删除"),
    "erased_note": ("Personal data was erased at the person's request.", "个人信息已应本人要求删除。"),
    "none": ("None", "无"),
    "colon": (": ", "："),
    "comma": (", ", "、"),
    # customer and unit
    "customer": ("Customer", "客户"),
    "customer_name": ("Name", "名称"),
    "contact": ("Contact", "联系人"),
    "phone": ("Phone", "电话"),
    "address": ("Site", "地点"),
    "unit": ("Unit", "设备"),
    "model": ("Model", "型号"),
    "serial": ("Serial", "序列号"),
    "covered": ("Covered", "在保"),
    "not_covered": ("Not covered", "不在保"),
    "coverage.parts": ("parts", "备件"),
    "coverage.labour": ("labour", "工时"),
    "coverage.travel": ("travel", "路途"),
    "coverage_source": ("Under", "依据"),
    # visit
    "visit": ("Visit", "上门"),
    "service": ("Service", "服务"),
    "job": ("Job", "工单"),
    "visit_number": ("Visit", "第几次上门"),
    "travelled": ("Set out", "出发"),
    "arrived": ("Arrived", "到达"),
    "started": ("Started", "开始"),
    "completed": ("Completed", "完成"),
    "partner": ("Company", "服务商"),
    "technician": ("Technician", "服务工程师"),
    # sheet
    "faults": ("Fault and repair", "故障与处理"),
    "fault_code": ("Code", "故障代码"),
    "fault": ("Fault", "故障"),
    "symptom": ("Symptom", "现象"),
    "cause": ("Cause", "原因"),
    "action": ("Action", "处理"),
    "component": ("Component", "失效元器件"),
    "designator": ("Designator", "位号"),
    "parts": ("Parts used", "用件"),
    "part_number": ("Part number", "料号"),
    "part_name": ("Part", "名称"),
    "quantity": ("Quantity", "数量"),
    "old_serial": ("Old serial", "旧件序列号"),
    "new_serial": ("New serial", "新件序列号"),
    "on_hold": ("on hold: entered after the day of the visit", "暂缓：非上门当日录入"),
    "times": ("Time ({}, UTC{})", "时间（{}，UTC{}）"),
    "work_time": ("Travel and labour", "工时"),
    "kind": ("Kind", "类别"),
    "operation": ("Labour operation", "维修项目"),
    "duration": ("Duration", "时长"),
    "total": ("Total", "合计"),
    "hours_minutes": ("{} h {:02d} min", "{} 小时 {:02d} 分"),
    "minutes": ("{} min", "{} 分钟"),
    "readings": ("Readings", "读数"),
    "reading": ("Reading", "项目"),
    "value": ("Value", "数值"),
    "checks": ("Checklist", "检查表"),
    "check_item": ("Item", "检查项"),
    "outcome": ("Outcome", "结果"),
    "note": ("Note", "备注"),
    "charges": ("Charged to the customer", "向客户收费"),
    "expenses": ("Expenses", "费用"),
    "amount": ("Amount", "金额"),
    "notes": ("Notes", "备注"),
    "remarks": ("Remarks", "说明"),
    "keyed_in": (
        "This job sheet was written by hand and keyed in by the office.",
        "本作业单为手写，由客服录入。",
    ),
    "office_asked": ("The office had been asked to do so.", "已请客服代为录入。"),
    "office_not_asked": ("The office had not been asked to do so.", "未请客服代为录入。"),
    "photos": ("Photos", "照片"),
    "photo_gone": ("This photo is not available", "照片不可用"),
    # the paper job sheet
    "job_sheet": ("Job sheet", "作业单"),
    "no_job_sheets": ("No visits are planned for this day.", "当天没有计划的上门。"),
    "appointment": ("Appointment", "预约"),
    "window": ("Between", "时段"),
    "subject": ("What is wrong", "事由"),
    "bring": ("Bring", "携带"),
    "reminder": ("Mind", "注意"),
    "history": ("Earlier visits to this unit", "本设备以往上门"),
    "codes": ("Fault codes", "故障代码"),
    "components": ("Components of this model (* name its designator)", "本型号元器件（* 须填位号）"),
    "more_codes": ("There are more codes: the office knows them.", "其余代码请询客服。"),
    "for_customer": ("For the customer", "客户留存"),
    "collect_here": (
        "Scan this code for the service report; it is ready when the office has keyed this sheet in. It asks for:",
        "扫码领取服务报告；客服录入本单后即可领取，届时需输入：",
    ),
    "ask_office": ("I ask the office to key this sheet in.", "请客服代为录入本单。"),
    # signature
    "signatures": ("Confirmation", "确认"),
    "statement": ("The work described in this report was done.", "本报告所述工作已完成。"),
    "signature": ("Customer's signature", "客户签字"),
    "signer": ("Signed by", "签字人"),
    "signed_by_name": ("Confirmed by name on the report's page", "已在报告页面具名确认"),
    "signed_on_paper": ("Signed on paper", "已在纸质单上签字"),
    "unsigned": ("Not signed", "未签字"),
    "unsigned.absent": ("Not signed: nobody was present", "未签字：无人在场"),
    "unsigned.declined": ("Not signed: the customer declined", "未签字：客户拒签"),
    "unsigned.remote": ("Not signed: the work was done remotely", "未签字：远程服务"),
    # codes
    "result.repaired": ("Repaired", "已修复"),
    "result.not-repaired": ("Not repaired", "未修复"),
    "result.no-fault-found": ("No fault found", "未发现故障"),
    "result.maintained": ("Maintained", "已保养"),
    "result.installed": ("Installed", "已安装"),
    "result.inspected": ("Inspected", "已检查"),
    "result.advised": ("Advised", "已指导"),
    "job.repair": ("Repair", "维修"),
    "job.install": ("Installation", "安装"),
    "job.maintain": ("Maintenance", "保养"),
    "job.inspect": ("Inspection", "检查"),
    "job.advise": ("Advice", "指导"),
    "mode.on_site": ("on site", "上门"),
    "mode.bench": ("on the bench", "送修"),
    "mode.remote": ("remote", "远程"),
    "time.travel": ("Travel", "路途"),
    "time.labour": ("Labour", "维修"),
    "time.waiting": ("Waiting", "等待"),
    "money.travel": ("Travel", "差旅"),
    "money.labour": ("Labour", "工时费"),
    "money.parts": ("Parts", "备件"),
    "money.parking": ("Parking", "停车"),
    "money.toll": ("Toll", "过路费"),
    "money.hotel": ("Hotel", "住宿"),
    "money.meal": ("Meals", "餐费"),
    "money.material": ("Material", "材料"),
    "money.shipping": ("Shipping", "运费"),
    "money.other": ("Other", "其他"),
    "photo.label": ("Label", "铭牌"),
    "photo.before": ("Before", "维修前"),
    "photo.after": ("After", "维修后"),
    "photo.damage": ("Damage", "损坏"),
    "photo.old_part": ("Old part", "旧件"),
    "photo.new_part": ("New part", "新件"),
    "photo.reading": ("Reading", "读数"),
    "photo.receipt": ("Receipt", "票据"),
    "photo.sheet": ("Paper sheet", "纸质单据"),
    "photo.other": ("Photo", "照片"),
    "check.done": ("done", "完成"),
    "check.not_done": ("not done", "未完成"),
    "check.not_applicable": ("does not apply", "不适用"),
    "unit_of.pcs": ("pcs", "件"),
    "flag.clock-uncertain": (
        "The clock of the phone could not be confirmed: the times are approximate.",
        "无法确认手机时钟，时间仅供参考。",
    ),
    "flag.shortened": (
        "The job sheet was too long for this report: texts were shortened or lines left out.",
        "作业单内容过长，本报告已截短文字或省略部分行。",
    ),
    "flag.changed-after-signature": (
        "The report was changed after the customer had signed it.",
        "本报告在客户签字后有更改。",
    ),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language."""

    language: Language

    def __getitem__(self, key: str) -> str:
        return WORDS[key][0 if self.language == "en" else 1]

    def of(self, group: str, code: str) -> str:
        """Name a code of a group; one that is not in the table is printed as it came, without its dashes."""
        if f"{group}.{code}" in WORDS:
            return self[f"{group}.{code}"]
        return code.replace("_", " ").replace("-", " ")

    def duration(self, minutes: int) -> str:
        """Write minutes as hours and minutes."""
        hours, rest = divmod(minutes, 60)
        return self["hours_minutes"].format(hours, rest) if hours else self["minutes"].format(rest)
