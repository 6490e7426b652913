"""Answers as the OpenAPI document shows them: made from the shapes, with words of the trade where a name has some.

Every answer gets one, a new shape too, and it always fits: what is shown is what the schema allows.
"""

from typing import Any
from uuid import UUID, uuid5

_IDS = UUID("0198c5b0-0000-7000-8000-000000000001")
_DAY, _MOMENT = "2026-03-02", "2026-03-02T08:30:00Z"

_USUALLY_NULL = frozenset(
    [
        "abandoned_reason",
        "cancelled_reason",
        "closed_at",
        "component_serial",
        "disabled_at",
        "ended_at",
        "failure",
        "finished_at",
        "in_service_on",
        "no_signature_reason",
        "problem",
        "quantity_max",
        "revoked_at",
        "sibling_of",
        "tag",
        "typed_reason",
        "void_reason",
        "voided_at",
        "warranty_end_on",
    ]
)
_USUALLY_FALSE = frozenset(
    [
        "clock_uncertain",
        "keyed_in_by_office",
        "no_fault_found",
        "on_hold",
        "overlaps_actual",
        "serialised",
        "superseded",
    ]
)
_USUALLY_EMPTY = frozenset(
    [
        "alternatives",
        "assignment_claims",
        "flags",
        "identifiers",
        "missing",
        "proposed",
        "reasons",
        "rivals",
        "visit_claims",
    ]
)
_VALUES: dict[str, Any] = {
    "access_seconds": 600,
    "access_token": "kq0nB1mVZ6m2l2w9nM0yq4b8vT3hXr5c",
    "action": "Pump exchanged",
    "actor": "Dora Lang",
    "CollectionCode.address": "https://service.example/c/JJTFOOBOYJQ6LJEK5AKW7ECVHM",
    "address": "Sendlinger Straße 119",
    "amount_minor": 450,
    "app_version": "1.4.0",
    "bytes_done": 1843200,
    "bytes_total": 1843200,
    "caption": "The label",
    "cause": "Wear",
    "city": "München",
    "claim_number": 500081,
    "CollectionCode.code": "JJTFOOBOYJQ6LJEK5AKW7ECVHM",
    "ComponentLine.code": "PUMP",
    "LabourOperationLine.code": "R10",
    "ModelLine.code": "AC10",
    "PartnerLine.code": "NORTH",
    "SiteLine.code": "C10211-2",
    "code": "W01",
    "component": "PUMP",
    "component_name": "Circulation pump",
    "contact_email": "j.huber@example.org",
    "contact_name": "Jonas Huber",
    "contact_phone": "+49 89 5549425",
    "country": "DE",
    "covered": "yes",
    "currency": "EUR",
    "customer_class": "standard",
    "customer_name": "Huber Office Park",
    "customer_number": "C10211",
    "dealer": "",
    "ComponentLine.designator": "required",
    "designator": "M1",
    "designator_pattern": "M[0-9]",
    "direction": "spent",
    "email": "ann@nordwerk.example",
    "entered_at": _MOMENT,
    "estimated_minutes": 90,
    "faults": "W01",
    "file_name": "units.csv",
    "Parsed.format": "maker",
    "grade": "A",
    "group": "WATER",
    "group_name": "Water circuit",
    "gtin": "04015512003100",
    "height": 1200,
    "job_kind": "repair",
    "job_number": 100123,
    "job_state": "completed",
    "ExpenseLine.kind": "parking",
    "ImportProgress.kind": "units",
    "MoveLine.kind": "moved",
    "PhotoLine.kind": "label",
    "ReadingLine.kind": "voltage",
    "TimeLine.kind": "labour",
    "kind": "repair",
    "label": "Supply voltage",
    "labour_minutes": 40,
    "lane": "accept",
    "language": "en",
    "link": "https://service.example/welcome#Zk3pT8vQ1sXw7yLr",
    "login": "ann",
    "minutes": 40,
    "mode": "on_site",
    "model": "AC10",
    "model_code": "AC10",
    "model_name": "Split air conditioner 10 kW",
    "modes": "review",
    "ComponentLine.name": "Circulation pump",
    "ContactLine.name": "Jonas Huber",
    "CustomerLine.name": "Huber Office Park",
    "FaultCodeLine.name": "Pump blocked",
    "LabourOperationLine.name": "Exchange pump",
    "ModelLine.name": "Split air conditioner 10 kW",
    "PartLine.name": "Circulation pump",
    "UsedPartLine.name": "Circulation pump",
    "PartnerLine.name": "Nordwerk Service GmbH",
    "SiteLine.name": "Annex",
    "name": "Ann Berg",
    "name_zh": "水泵",
    "new_serial": "BD10000002",
    "Page.next": "WzUwMDA4MV0",
    "next": "WzUwMDA4MV0",
    "no_signature_reason": "absent",
    "note": "",
    "ClaimCard.number": 500081,
    "CustomerLine.number": "C10211",
    "JobCreated.number": 100228,
    "PartLine.number": "PU-100",
    "UsedPartLine.number": "PU-100",
    "PersonLine.number": "T-1009",
    "ReportState.number": "R-700121",
    "VisitLine.number": 1,
    "number": 100123,
    "old_serial": "BD10000001",
    "operation": "R10",
    "operation_name": "Exchange pump",
    "partner": "Nordwerk Service GmbH",
    "parts": "PU-100",
    "passes": 3,
    "phone": "+49 89 5549425",
    "pin": "590930",
    "priority": 3,
    "problem": "Reported by phone.",
    "product_line": "Split air conditioner",
    "quantity": 1,
    "Parsed.reason": "",
    "Read.reason": "one-engine-is-enough",
    "reason": "Wear",
    "reference_number": "SO-439753",
    "refresh_token": "a-refresh-token-of-102-characters",
    "region": "DE-BY",
    "reminder": "",
    "report_number": "R-700121",
    "result": "repaired",
    "revision": 1,
    "role": "technician",
    "rows_kept": 19990,
    "rows_read": 20000,
    "rows_refused": 4,
    "rows_unchanged": 6,
    "rule": "D3",
    "scanned_text": "AC10-2626-000129G",
    "schema": "0009",
    "serial": "AC10-2626-000129G",
    "serial_ends": "129G",
    "serial_key": "AC102626000129G",
    "serial_pattern": "",
    "short_code": "28JC1B49KV",
    "signed_by": "M. Sousa",
    "site_name": "Annex",
    "Coverage.source": "standard",
    "source": "camera",
    "standard_minutes": 45,
    "ClaimCard.state": "accepted",
    "ClaimDecided.state": "accepted",
    "ImportProgress.state": "done",
    "LineCard.state": "accepted",
    "ReportState.state": "frozen",
    "state": "completed",
    "Health.status": "ok",
    "KnownUnit.status": "installed",
    "Ready.status": "ok",
    "RegisteredUnit.status": "unconfirmed",
    "Told.status": "known",
    "UnitCard.status": "installed",
    "UnitLine.status": "installed",
    "status": "known",
    "step": "arrive",
    "subject": "Water on the floor below the unit",
    "MoveLine.summary": "Moved to another site",
    "summary": "Tested for half an hour, in order.",
    "supplier": "own works",
    "symbology": "]C0",
    "symptom": "Water below the unit",
    "tag": "9f86d081884c7d65",
    "technician": "Ann Berg",
    "technician_number": "T-1009",
    "text": "AC10-2626-000129G",
    "time_zone": "Europe/Berlin",
    "token": "JJTFOOBOYJQ6LJEK5AKW7ECVHM",
    "told": "known",
    "told_covered": "yes",
    "told_status": "known",
    "tools": "Ladder",
    "travel_minutes": 25,
    "unit_name": "",
    "unit_of_measure": "pcs",
    "unit_status": "installed",
    "units": 3,
    "value": "229.4",
    "verification_address": "https://service.example/V/Y5TQPDXBRJMCQ5JGMB2PS5EE52EUWKYN",
    "version": 1,
    "visit_number": 1,
    "visit_state": "completed",
    "warranty_type": "standard",
    "width": 1600,
}


def example_of(schema: dict[str, Any], components: dict[str, Any], place: str = "", name: str = "") -> Any:
    """Return a value that fits ``schema``; ``name`` is the field it stands in, ``place`` the shape with that field."""
    if "$ref" in schema:
        shape = schema["$ref"].rsplit("/", 1)[1]
        return example_of(components[shape], components, shape, name)
    if "anyOf" in schema:
        choices = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return (
            None
            if name in _USUALLY_NULL and len(choices) < len(schema["anyOf"])
            else example_of(choices[0], components, place, name)
        )
    if "enum" in schema or "const" in schema:
        return schema["enum"][0] if "enum" in schema else schema["const"]
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, components, place, name)
    if kind == "array" and name in _USUALLY_EMPTY:
        return []
    if kind == "array":
        parts = schema.get("prefixItems") or [schema.get("items") or {}]
        return [example_of(part, components, place, name) for part in parts]
    if kind == "boolean":
        return name not in _USUALLY_FALSE
    given = _VALUES.get(f"{place}.{name}", _VALUES.get(name))
    if kind == "integer":
        return given if isinstance(given, int) else max(1, schema.get("minimum", 1))
    return _text(schema, name, given) if kind == "string" else given


def _object(schema: dict[str, Any], components: dict[str, Any], place: str, name: str) -> dict[str, Any]:
    fields = schema.get("properties", {})
    if not fields and name in _USUALLY_EMPTY:
        return {}
    if not fields and isinstance(schema.get("additionalProperties"), dict):
        return {"name": example_of(schema["additionalProperties"], components, place, name)}
    return {field: example_of(part, components, place, field) for field, part in fields.items()}


def _text(schema: dict[str, Any], name: str, given: Any) -> str:
    if schema.get("format") == "uuid":
        return str(uuid5(_IDS, name))
    if schema.get("format") == "date-time":
        return _MOMENT
    if schema.get("format") == "date":
        return _DAY
    if "sha256" in name or name == "digest":
        return "3e822c428bae0cee6381ba796c456bd7a8261c0daf9252d6b1b2d252a916152b"
    return given if isinstance(given, str) else name.replace("_", "-") or "text"
