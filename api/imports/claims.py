"""Files of claims: the columns of a row, and the submission that a row says."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from api.imports.cells import choice, code, currency, day, line, login, money, whole
from api.imports.kinds import Column, Kind
from domain.kit.money import minor_digits
from domain.worklog.rules import RESULTS

parts_max = 5
_MOMENT = re.compile(
    r"(?P<day>\d{4}(?:-\d\d-\d\d|[/.]\d{1,2}[/.]\d{1,2}|年\d{1,2}月\d{1,2}日))[T ]*"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?\s*(?P<zone>Z|[+-]\d\d:?\d\d)?"
)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_RESULTS = sorted(set().union(*RESULTS.values()))
_RESULTS_ZH = {
    "已修复": "repaired",
    "未修复": "not_repaired",
    "未发现故障": "no_fault_found",
    "已安装": "installed",
    "已保养": "maintained",
    "已检查": "inspected",
    "已咨询": "advised",
}


def moment(text: str) -> str:
    """Read a day with a time; without a zone it is the site's."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError("is no time such as 2026-03-31 09:30")
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    try:
        at = dt.datetime.combine(dt.date.fromisoformat(day(match["day"])), dt.time(hour, minute, second))
    except ValueError as error:
        raise ValueError(str(error) if "must" in str(error) else "is no time of a day") from None
    written = at.isoformat() + (match["zone"] or "").replace("Z", "+00:00")
    try:
        dt.datetime.fromisoformat(written)
    except ValueError:
        raise ValueError("has no such time zone") from None
    return written


def sha256(text: str) -> str:
    """Read the SHA-256 of a photo that was uploaded."""
    if not _SHA256.fullmatch(text.lower()):
        raise ValueError("is no SHA-256: 64 hexadecimal digits")
    return text.lower()


def _parts() -> tuple[Column, ...]:
    found: list[Column] = []
    for n in range(1, parts_max + 1):
        found += [
            Column(f"part_{n}", code, also=(f"part number {n}", f"配件{n}", f"备件{n}")),
            Column(f"quantity_{n}", whole(1, 100_000), also=(f"数量{n}",)),
        ]
    return tuple(found)


CLAIMS = Kind(
    name="claims",
    table="",
    match="",
    identity=(),
    columns=(
        Column("job_number", whole(1, 10**12), also=("job", "工单号", "工单"), required=True),
        Column("technician", login, also=("技术员", "工程师"), required=True),
        Column("arrived_at", moment, also=("arrived", "到达时间"), required=True),
        Column("completed_at", moment, also=("completed", "完成时间"), required=True),
        Column("scanned_text", line(4096), also=("scan", "serial", "序列号", "扫描内容"), required=True),
        Column(
            "scan_source",
            choice(("camera", "photo", "typed"), {"扫描": "camera", "照片": "photo", "手工": "typed"}),
            also=("扫描方式",),
        ),
        Column("typed_reason", line(500), also=("手工输入原因",)),
        Column("photo_sha256", sha256, also=("label photo", "照片")),
        Column("result", choice(_RESULTS, _RESULTS_ZH), also=("结果", "维修结果"), required=True),
        Column("summary", line(4000), also=("说明", "处理说明")),
        Column(
            "no_signature_reason",
            choice(("absent", "declined", "remote"), {"不在场": "absent", "拒签": "declined", "远程": "remote"}),
            also=("未签名原因",),
        ),
        Column("fault_code", code, also=("fault", "故障代码")),
        Column("symptom", line(), also=("故障现象",)),
        Column("component_code", code, also=("component", "部件代码", "部件")),
        Column("designator", line(64), also=("位号",)),
        Column("failed_on", day, also=("故障日期",)),
        Column("labour_operation", code, also=("工时代码", "维修项目")),
        Column("labour_minutes", whole(0, 1440), also=("工时分钟", "工时")),
        Column("travel_minutes", whole(0, 1440), also=("路程分钟", "路程")),
        *_parts(),
        Column("expense_kind", code, also=("费用类别",)),
        Column("expense", money, also=("expense amount", "费用金额", "费用")),
        Column("currency", currency, also=("币种",)),
    ),
)
TEMPLATE = {
    "job_number": "100123",
    "technician": "ann@nordwerk.example",
    "arrived_at": "2026-03-02 09:30",
    "completed_at": "2026-03-02 10:45",
    "scanned_text": "(01)04015512003100(21)AC10-2601-000123",
    "scan_source": "camera",
    "result": "repaired",
    "summary": "Drain pump replaced, tested with a full drum",
    "fault_code": "W01",
    "symptom": "Does not drain",
    "component_code": "PUMP",
    "designator": "M1",
    "labour_operation": "R10",
    "labour_minutes": "40",
    "travel_minutes": "30",
    "part_1": "PU-100",
    "quantity_1": "1",
    "expense_kind": "parking",
    "expense": "4.50",
    "currency": "EUR",
}
"""One row that shows how each column is filled in."""


def headings(language: str) -> list[str]:
    """Return the headings of a template, in English or Chinese."""
    if language != "zh":
        return [column.name for column in CLAIMS.columns]
    return [next(text for text in column.also if not text.isascii()) for column in CLAIMS.columns]


NEEDS = {
    **{f"quantity_{n}": f"part_{n}" for n in range(1, parts_max + 1)},
    **dict.fromkeys(("symptom", "component_code", "designator", "failed_on"), "fault_code"),
    "labour_operation": "labour_minutes",
    "expense_kind": "expense",
}
"""Columns that say nothing without another one."""


def incomplete(row: dict[str, str]) -> dict[str, str]:
    """Return the columns that must be filled in as well, each with the one that needs it.

    A row is never taken in without something that was written in it: what is not submitted is not paid.
    """
    return {needed: name for name, needed in NEEDS.items() if row.get(name) and not row.get(needed)}


def submission(row: dict[str, str], technician_id: str, zone: str, currency: str) -> dict[str, Any]:
    """Return the body of the submission that a checked row says.

    Times without a zone are those of the site, an expense without a currency is in the partner's.
    """
    scan = {"scanned_text": row["scanned_text"], "source": row.get("scan_source") or "camera"}
    scan |= {name: row[name] for name in ("typed_reason", "photo_sha256") if row.get(name)}
    found: dict[str, Any] = {
        "job_number": int(row["job_number"]),
        "technician_id": technician_id,
        "arrived_at": _at(row["arrived_at"], zone),
        "completed_at": _at(row["completed_at"], zone),
        "scan": scan,
        "result": row["result"],
        "summary": row.get("summary", ""),
        "faults": _when(row, "fault_code", _fault),
        "times": _times(row),
        "parts": [
            {"part_number": row[f"part_{n}"], "quantity": int(row.get(f"quantity_{n}") or 1)}
            for n in range(1, parts_max + 1)
            if row.get(f"part_{n}")
        ],
        "expenses": _when({"currency": currency, **_filled(row)}, "expense", _expense),
    }
    return found | ({"no_signature_reason": row["no_signature_reason"]} if row.get("no_signature_reason") else {})


def _filled(row: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in row.items() if value}


def _when(row: dict[str, str], name: str, body: Callable[[dict[str, str]], dict[str, Any]]) -> list[dict[str, Any]]:
    return [body(row)] if row.get(name) else []


def _fault(row: dict[str, str]) -> dict[str, Any]:
    optional = {name: row[name] for name in ("component_code", "designator", "failed_on") if row.get(name)}
    return {"fault_code": row["fault_code"], "symptom": row.get("symptom") or row["fault_code"], **optional}


def _expense(row: dict[str, str]) -> dict[str, Any]:
    kind = (row.get("expense_kind") or "other").lower()
    # The cell was read as hundredths; what is no whole number of the currency's own is refused as any fraction is.
    minor = Decimal(row["expense"]).scaleb(minor_digits(row["currency"]) - 2)
    is_whole = minor == minor.to_integral_value()
    return {"kind": kind, "amount_minor": int(minor) if is_whole else float(minor), "currency": row["currency"]}


def _times(row: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if row.get("labour_minutes"):
        operation = {"labour_operation": row["labour_operation"]} if row.get("labour_operation") else {}
        found.append({"kind": "labour", "minutes": int(row["labour_minutes"]), **operation})
    if row.get("travel_minutes"):
        found.append({"kind": "travel", "minutes": int(row["travel_minutes"])})
    return found


def _at(text: str, zone: str) -> str:
    at = dt.datetime.fromisoformat(text)
    return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))).isoformat()


def column_of(field: str, row: dict[str, str]) -> str:
    """Return which column of a row mends a field of its submission; '' when none does alone."""
    place = re.match(r"(faults|times|parts|expenses)\[(\d+)\](?:\.(\w+))?", field)
    if place is None:
        return {"technician_id": "technician", "faults": "fault_code"}.get(field, field.removeprefix("scan."))
    what, n, part = place[1], int(place[2]), place[3]
    if what == "parts":
        filled = [number for number in range(1, parts_max + 1) if row.get(f"part_{number}")]
        return f"part_{filled[n]}" if n < len(filled) else ""
    if what == "times":
        return "labour_operation" if part == "labour_operation" else "labour_minutes"
    return {"fault_code_id": "fault_code", "amount_minor": "expense"}.get(part or "", part or what)
