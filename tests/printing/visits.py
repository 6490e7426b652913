"""Visits to print: plain functions with dull defaults. Made up; nobody is meant."""

import hashlib
import io
import math
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from PIL import Image, ImageDraw

from domain.reports.document import (
    Check,
    Coverage,
    Fault,
    Money,
    Part,
    PersonalPart,
    Photo,
    Reading,
    ReportDocument,
    Signature,
    Time,
)
from domain.reports.paper import JobSheetPaper, PaperCode, PaperHistory

VERIFY_URL = "HTTPS://SERVICE.EXAMPLE.COM/V/" + ("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 7)[:206]
SHORT_CODE = "7K3M9QX2PD"

UNCOVERED = Coverage(parts=False, labour=False, travel=False)
HOSTILE = (
    "<font color=red>red</font>",
    '<img src="file:///etc/passwd"/>',
    '<a href="javascript:alert(1)">link</a> & &amp; </para> ]]> %(x)s {0} \\ ) Tj ET',
    "W" * 10_000,
    "שלום עולם مرحبا بالعالم \u202egnp.exe\u202c",
    "👍 😀 👩\u200d🔧 🇨🇳",
    "龘靐齉 漏水，无法启动。",
    "a\x00b\x07c\ttab\r\nline\u2028sep \ud800 \ue000 \U000e0041 \U0010ffff",
)


def signature() -> Signature:
    """A scrawl of three strokes."""
    wave = tuple((40 + i * 6, 90 + int(45 * math.sin(i / 3) * math.cos(i / 11))) for i in range(80))
    return Signature(width=600, height=200, strokes=(wave, ((60, 150), (520, 140)), ((540, 60),)))


def personal(**fields: Any) -> PersonalPart:
    given: dict[str, Any] = {
        "customer": "Harbour Hotel Ltd",
        "contact": "Mia Okafor, facilities",
        "phone": "+44 20 7946 0018",
        "site_address": "14 Quay Street, boiler room in the second basement, London E1 6AN",
        "technician": "Ben Carter",
        "signer": "Mia Okafor",
        "signature": signature(),
    }
    return PersonalPart(**{**given, **fields})


def document(**fields: Any) -> ReportDocument:
    given: dict[str, Any] = {
        "report_number": "R-2026-004217",
        "report_id": UUID(int=4217),
        "frozen_at": datetime(2026, 3, 14, 11, 20, tzinfo=UTC),
        "job_number": "J-2026-008812",
        "job_kind": "repair",
        "visit_number": 2,
        "time_zone": "Europe/London",
        "visited_on": date(2026, 3, 14),
        "travelled_at": datetime(2026, 3, 14, 8, 31, tzinfo=UTC),
        "arrived_at": datetime(2026, 3, 14, 9, 12, tzinfo=UTC),
        "started_at": datetime(2026, 3, 14, 9, 20, tzinfo=UTC),
        "completed_at": datetime(2026, 3, 14, 11, 5, tzinfo=UTC),
        "model_code": "HX-90B",
        "model_name": "Heat pump boiler 9 kW",
        "serial": "HX90B-2405-018842",
        "partner": "North Bank Services",
        "technician_number": "T-0417",
        "coverage": Coverage(
            parts=True, labour=True, travel=False, source="Standard warranty, 24 months to 2026-11-30"
        ),
        "result": "repaired",
        "faults": (
            Fault(
                symptom="No hot water since the evening before, display shows E04",
                code="E04-2",
                name="Circulation pump does not start",
                cause="Bearing of the pump seized",
                action="Pump exchanged, circuit bled, run for 20 minutes",
                component="Circulation pump 130 mm",
                designator="M2",
            ),
        ),
        "parts": (
            Part(
                number="PU-130-7",
                name="Circulation pump 130 mm",
                old_serial="P7-220918",
                new_serial="P7-251177",
                designator="M2",
            ),
            Part(number="GS-34", name="Gasket 3/4 in", quantity=2, on_hold=True),
        ),
        "times": (
            Time(kind="travel", minutes=41),
            Time(kind="labour", minutes=105, operation="Exchange of circulation pump"),
        ),
        "readings": (
            Reading(name="Flow temperature", value="55.5", unit="°C"),
            Reading(name="Pressure", value="1.6", unit="bar"),
        ),
        "charges": (
            Money(kind="travel", amount_minor=4500, currency="GBP", note="Zone 2"),
            Money(kind="parking", amount_minor=680, currency="GBP"),
        ),
        "notes": "Filter is due in June. The customer will order it.",
        "personal_commitment": "0" * 64,
    }
    return ReportDocument(**{**given, **fields})


def chinese_document(**fields: Any) -> ReportDocument:
    return document(
        **{
            "report_number": "R-2026-004218",
            "time_zone": "Asia/Shanghai",
            "model_name": "空气源热泵机组",
            "partner": "华东制冷设备服务有限公司",
            "coverage": Coverage(parts=True, labour=True, travel=False, source="标准保修：整机两年，压缩机五年"),
            "faults": (
                Fault(
                    symptom="客户反映机组昨晚起不出热水，面板显示E04，重启后仍然报警",
                    code="E04-2",
                    name="循环泵不启动",
                    cause="循环泵轴承卡死，电机绕组阻值正常",
                    action="更换循环泵，管路排气，试运行20分钟，出水温度正常。",
                    component="循环泵（130毫米）",
                    designator="M2",
                ),
            ),
            "parts": (
                Part(number="PU-130-7", name="循环泵", old_serial="P7-220918", new_serial="P7-251177", on_hold=True),
            ),
            "times": (Time(kind="travel", minutes=41), Time(kind="labour", minutes=105, operation="更换循环泵")),
            "readings": (Reading(name="出水温度", value="55.5", unit="°C"),),
            "charges": (Money(kind="travel", amount_minor=8000, currency="CNY", note="二区上门费"),),
            "notes": "六月需更换滤芯，客户自行订购。",
            "keyed_in_by_office": True,
            "office_was_asked": True,
            **fields,
        }
    )


def chinese_personal() -> PersonalPart:
    return personal(
        customer="杭州湖滨酒店有限公司",
        contact="王晓梅（工程部）",
        phone="+86 571 8765 4321",
        site_address="浙江省杭州市上城区湖滨路28号地下二层锅炉房",
        technician="李建国",
        signer="王晓梅",
    )


def long_document() -> ReportDocument:
    fault = document().faults[0]
    return document(
        revision=3,
        revision_reason="Serial of the second pump was read wrongly",
        faults=tuple(
            Fault(
                symptom=fault.symptom,
                code=f"E{n:02}",
                name=fault.name,
                cause=f"{fault.cause}. " * (1 + n % 3),
                action=f"{fault.action}. " * (1 + n % 4),
                component=fault.component,
                designator=f"M{n}",
            )
            for n in range(1, 9)
        ),
        parts=tuple(
            Part(number=f"PU-{n}-7", name=f"Part number {n} of the repair kit", quantity=n, new_serial=f"P7-{n:06}")
            for n in range(1, 26)
        ),
        readings=tuple(Reading(name=f"Voltage at terminal {n}", value=str(220 + n), unit="V") for n in range(1, 15)),
        checks=tuple(
            Check(name=f"Terminal {n} tightened", outcome="done", note="checked twice" if n % 3 else "")
            for n in range(1, 9)
        ),
        expenses=(
            Money(kind="hotel", amount_minor=12_000, currency="JPY"),
            Money(kind="toll", amount_minor=1234567, currency="KWD"),
        ),
        notes="The plant room is wet. " * 40,
        flags=("late-entry", "actual-overlap"),
    )


def before_and_after(**fields: Any) -> tuple[ReportDocument, dict[str, bytes]]:
    """The usual visit: two photos of the same place, before and after."""
    pictures = [jpeg(n) for n in (1, 2)]
    hashes = [hashlib.sha256(picture).hexdigest() for picture in pictures]
    captions = ("Pump seized, leak below", "New pump, dry")
    photos = tuple(
        Photo(sha256=digest, kind=kind, caption=caption)
        for digest, kind, caption in zip(hashes, ("before", "after"), captions, strict=True)
    )
    return document(photos=photos, **fields), dict(zip(hashes, pictures, strict=True))


def job_sheet(**fields: Any) -> JobSheetPaper:
    given: dict[str, Any] = {
        "job_number": "J-108812",
        "visit_number": 2,
        "kind": "repair",
        "mode": "on_site",
        "priority": 2,
        "subject": "No hot water",
        "problem": "The display shows E04 since the evening before",
        "tools": "Torque wrench, bleeding key",
        "reminder": "Ring the porter first",
        "estimated_minutes": 90,
        "customer": "Harbour Hotel Ltd",
        "contact": "Mia Okafor, facilities",
        "phone": "+44 20 7946 0018",
        "site": "Harbour Hotel",
        "address": "14 Quay Street, boiler room in the second basement, London E1 6AN",
        "time_zone": "Europe/London",
        "planned_from": datetime(2026, 3, 14, 9, 0, tzinfo=UTC),
        "planned_to": datetime(2026, 3, 14, 11, 0, tzinfo=UTC),
        "model_code": "HX-90B",
        "model_name": "Heat pump boiler 9 kW",
        "serial": "HX90B-2405-018842",
        "unit_name": "Boiler 2",
        "technician": "Ben Carter",
        "technician_number": "T-417",
        "partner": "North Bank Services",
        "history": tuple(
            PaperHistory(date(2025, month, 3), f"J-10{month}012 repaired: E04 pump M2, PU-130-7 x 1 pcs")
            for month in (11, 7, 2)
        ),
        "fault_codes": tuple(PaperCode(f"E{n:02}", f"Circulation pump, kind {n}") for n in range(1, 22)),
        "components": tuple(PaperCode(f"C{n}", f"Component {n}", n % 2 == 0) for n in range(1, 8)),
        "collection_address": "https://service.example.com/c/JJTFOOBOYJQ6LJEK5AKW7ECVHM",
        "pin": "482913",
    }
    return JobSheetPaper(**{**given, **fields})


def full_job_sheet(text: str) -> JobSheetPaper:
    """The same text, very long, in every place of a job sheet, and as many lines as there can be."""
    long = text * 40
    return job_sheet(
        **{name: long for name in JobSheetPaper.__struct_fields__ if isinstance(getattr(job_sheet(), name), str)}
        | {
            "time_zone": "Europe/London",
            "pin": "482913",
            "collection_address": "https://service.example.com/c/JJTFOOBOYJQ6LJEK5AKW7ECVHM",
            "history": tuple(PaperHistory(date(2025, 1, 1), long) for _ in range(3)),
            "fault_codes": tuple(PaperCode(long, long, starred=True) for _ in range(60)),
            "components": tuple(PaperCode(long, long, starred=True) for _ in range(60)),
        }
    )


def hostile_document(text: str) -> ReportDocument:
    """The same text wherever a text can stand, far beyond what may be frozen."""
    return document(
        report_number=text,
        revision=2,
        revision_reason=text,
        job_number=text,
        time_zone=text,
        model_code=text,
        model_name=text,
        serial=text,
        partner=text,
        technician_number=text,
        coverage=Coverage(parts=True, labour=False, travel=False, source=text),
        faults=(Fault(symptom=text, code=text, name=text, cause=text, action=text, component=text, designator=text),),
        parts=(Part(number=text, name=text, unit=text, old_serial=text, new_serial=text, designator=text),),
        times=(Time(kind=text, minutes=1, operation=text),),
        expenses=(Money(kind=text, amount_minor=-1, currency=text, note=text),),
        readings=(Reading(name=text, value=text, unit=text),),
        checks=(Check(name=text, outcome="done", note=text),),
        photos=(Photo(sha256="0" * 64, kind=text, caption=text),),
        notes=text,
        flags=(text,),
    )


def hostile_personal(text: str) -> PersonalPart:
    return PersonalPart(customer=text, contact=text, phone=text, site_address=text, technician=text, signer=text)


def jpeg(number: int, size: tuple[int, int] = (640, 480), exif: bytes = b"") -> bytes:
    """A picture with a number on it."""
    image = Image.new("RGB", size, (40 + number * 37 % 160, 90, 200 - number * 29 % 160))
    pen = ImageDraw.Draw(image)
    pen.ellipse((size[0] / 4, size[1] / 4, size[0] * 3 / 4, size[1] * 3 / 4), fill=(240, 240, 220))
    pen.text((size[0] / 2 - 20, size[1] / 2 - 30), str(number), fill=(20, 20, 20), font_size=60)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80, exif=exif)
    return out.getvalue()


def with_photos(count: int) -> tuple[ReportDocument, dict[str, bytes]]:
    pictures = [jpeg(n, (480, 640) if n % 4 == 3 else (640, 480)) for n in range(count)]
    hashes = [hashlib.sha256(picture).hexdigest() for picture in pictures]
    kinds = ("label", "before", "after", "old_part", "other")
    photos = tuple(
        Photo(sha256=digest, kind=kinds[n % 5], caption="Pump from the left" if n % 2 else "")
        for n, digest in enumerate(hashes)
    )
    return document(photos=photos), dict(zip(hashes, pictures, strict=True))
