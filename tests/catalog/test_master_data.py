"""A service organisation's own lists become the catalogue: codes, parts, terms, customers, contracts, people."""

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.context import Context
from api.imports.files import look_through
from api.imports.register import KINDS
from api.imports.report import ImportProgress, progress_of, refusals_of
from api.imports.running import Importing, open_run, run_import
from domain.kit.actor import SYSTEM
from domain.kit.ids import new_id
from domain.kit.work import transact
from tests.conftest import rows

FILES = {
    "programmes": "code,name\nSTD,Standard warranty\n",
    "programme-versions": (
        "programme,from_on,limits,modes\n"
        'STD,2025-01-01,days_to_submit=30; labour_percent_max=150,"{""D1"": ""block""}"\n'
    ),
    "models": (
        "型号,条码,name,中文名,产品线,serial format,programme\n"
        "WM-1,4006381333931,Washer,洗衣机,washers,(?P<serial>WM[0-9]{8}),STD\n"
    ),
    "components": (
        'model,code,name,designator,位号格式\n04006381333931,PCB,Board,必填,"R[0-9]{1,3}"\nWM-1,MOTOR,Motor,none,\n'
    ),
    "parts": "part number,name,claimable,price,currency,serialised\nP-1,Motor,yes,129.9,EUR,是\n",
    "fault-groups": "code,name\nDRIVE,Drive\n",
    "fault-codes": "code,group,group_name,name,nff\nF01,DRIVE,,Motor dead,no\nF99,NONE,No fault,No fault found,yes\n",
    "labour-operations": "code,name,minutes\nL1,Replace motor,45\n",
    "part-limits": "fault group,part,quantity\nDRIVE,P-1,1\n",
    "warranty-terms": "model,from,parts_months,labour_months,travel_months\nWM-1,2020-01-01,24,24,12\n",
    "partners": "code,name,grade,region,currency,deposit\nNORTH,Northern,a,north,EUR,1000\n",
    "people": "login,name,role,partner\nAnn@North.example,Ann,technician,NORTH\ndora@test,Dora,客服,\n",
    "authorisations": "partner,line,region,from,to\nNORTH,washers,north,2025-01-01,\nNORTH,,,2026-01-01,\n",
    "certifications": "technician,产品线,valid from,valid to\nann@north.example,washers,2025-01-01,2027-12-31\n",
    "customers": "number,name,class\nC1,Customer One,vip\nC2,Customer Two,普通\n",
    "contacts": "customer,name,phone\nC1,Ann,+49 (30) 123-456\nC1,Bea,030 999\n",
    "sites": "customer,code,name,address,city,country,time_zone\nC1,S1,Home,1 High St,Town,DE,Europe/Berlin\n",
    "units": "model,serial,customer,site\nWM-1,SN1,C1,S1\nWM-1,SN2,C2,\n",
    "unit-components": (
        "model,serial,component,component_serial,fitted_on\nWM-1,SN1,MOTOR,m-001,2025-01-01\nWM-1,SN2,PCB,,\n"
    ),
    "contracts": ("number,customer,name,starts_on,ends_on,covers_parts\nK1,C1,Gold,2025-01-01,2026-12-31,yes\n"),
    "contract-units": "contract,model,serial\nK1,WM-1,SN1\n",
}


async def imported(context: Context, kind: str, path: Path) -> ImportProgress:
    source = look_through(path)
    run_id, _ = await transact(
        context.database, SYSTEM, lambda work: open_run(work, KINDS[kind], source, path.name, new_id())
    )
    await run_import(Importing(context.database, context.sandbox, SYSTEM), KINDS[kind], source, run_id)
    return await progress_of(context.database, SYSTEM, run_id)


async def import_text(context: Context, kind: str, content: str) -> tuple[ImportProgress, list[tuple[int, str, str]]]:
    path = Path(context.settings.data) / f"{kind}.csv"
    path.write_text(content)
    run = await imported(context, kind, path)
    return run, [(r.line, r.column, r.reason) async for r in refusals_of(context.database, SYSTEM, run.id)]


@pytest.fixture
async def filled(context: Context) -> Context:
    """Every kind of file, imported in order."""
    for kind, content in FILES.items():
        run, refused = await import_text(context, kind, content)
        assert refused == [], kind
        assert (run.state, run.rows_kept) == ("done", content.count("\n") - 1), kind
    return context


async def test_every_kind_is_imported_and_again_changes_nothing(filled: Context, owner: AsyncEngine) -> None:
    assert set(FILES) == set(KINDS)
    for kind, content in FILES.items():
        run, _ = await import_text(filled, kind, content)
        assert (run.state, run.rows_kept, run.rows_unchanged) == ("done", 0, content.count("\n") - 1), kind
    assert await rows(owner, "SELECT limits, modes FROM programme_version") == [
        ({"days_to_submit": 30, "labour_percent_max": 150}, {"D1": "block"})
    ]
    assert await rows(owner, "SELECT code, gtin, name_zh FROM model") == [("WM-1", "04006381333931", "洗衣机")]
    assert await rows(owner, "SELECT price_minor, serialised FROM part") == [(12990, True)]
    assert await rows(owner, "SELECT code, name FROM fault_group ORDER BY code") == [
        ("DRIVE", "Drive"),
        ("NONE", "No fault"),
    ]
    assert await rows(owner, "SELECT login, role, password_hash FROM account ORDER BY login") == [
        ("ann@north.example", "technician", None),
        ("dora@test", "dispatcher", None),
    ]
    assert await rows(owner, "SELECT phone_digits FROM contact ORDER BY name") == [("4930123456",), ("030999",)]
    assert await rows(owner, "SELECT component_serial FROM unit_component ORDER BY component_serial") == [
        ("M001",),
        (None,),
    ]
    assert await rows(owner, "SELECT kind, count(*) FROM unit_move GROUP BY kind ORDER BY kind") == [
        ("component", 2),
        ("imported", 2),
    ]


BAD_ROWS = [
    ("models", "WM-2,4006381333930,n,n,x,,", "gtin", "is no GTIN: its check digit is wrong"),
    ("models", "WM-2,4006381333931,n,n,x,,", "gtin", "another model has this GTIN"),
    ("models", "WM-2,,n,n,x,(a+)+,", "serial_pattern", "a pattern cannot hold '+'"),
    ("models", "WM-2,,n,n,x,,OLD", "programme", "there is no such programme"),
    ("components", "WM-1,FAN,Fan,maybe,", "designator", "is none of required, none"),
    ("parts", "P-2,Fan,perhaps,1,EUR,no", "claimable", "is neither yes nor no"),
    ("parts", "P-2,Fan,yes,1.234,EUR,no", "price", "is no amount such as 129.90"),
    ("labour-operations", "L2,x,-5", "standard_minutes", "is no whole number from 0 to 1440"),
    ("programme-versions", "STD,2026-01-01,days=soon,", "limits", "holds something else than whole numbers"),
    ("programme-versions", "STD,2026-01-01,,D1=kill", "modes", "holds a mode that is none of off, warn, review, block"),
    (
        "programme-versions",
        "STD,2025-01-01,days_to_submit=31,",
        "from_on",
        "a version from this day is there and stays as it is: set another one",
    ),
    ("people", "ann@north.example,Ann,admin,", "role", "an import does not change a person's role"),
    ("people", "pam@test,Pam,partner_office,", "partner", "a partner's people are its office and its technicians"),
    ("customers", "C 3,Blank,vip", "number", "is no code: letters, digits and . _ / + - only, at most 64"),
    ("contacts", "C9,Ann,1", "customer", "there is no customer with this number"),
    ("contacts", "C1,Ann,call me", "phone", "is no phone number"),
    ("sites", "C1,S2,n,a,c,DE,Mars/Base", "time_zone", "is no time zone such as Europe/Berlin"),
    ("sites", "C2,S1,n,a,c,DE,Europe/Berlin", "customer", "units of another customer stand at this site"),
    ("unit-components", "WM-1,SN9,MOTOR,,", "serial", "there is no unit of this model with this serial"),
    ("unit-components", "WM-1,SN2,FAN,,", "component", "this model has no such component"),
    ("unit-components", "WM-1,SN2,MOTOR,M 001,", "component_serial", "this component sits in another place"),
    ("contracts", "K2,C1,Gold,2026-01-01,2025-12-31,no", "ends_on", "the contract ends before it starts"),
    ("contract-units", "K1,WM-1,SN2", "serial", "this unit belongs to another customer"),
]


async def test_a_bad_row_is_told_with_its_column(filled: Context) -> None:
    for kind, line, column, reason in BAD_ROWS:
        run, refused = await import_text(filled, kind, FILES[kind].split("\n", 1)[0] + "\n" + line + "\n")
        assert refused == [(2, column, reason)], line
        assert (run.rows_kept, run.rows_refused) == (0, 1), line


async def test_a_row_only_the_database_can_refuse_is_found_among_good_ones(filled: Context, owner: AsyncEngine) -> None:
    lines = [f"STD,2026-01-{day:02d},days={day},\n" for day in range(1, 20)]
    lines[11] = 'STD,2026-01-12,"{""\\u0000"": 1}",\n'
    run, refused = await import_text(filled, "programme-versions", "programme,from_on,limits,modes\n" + "".join(lines))
    assert (run.state, run.rows_kept, run.rows_refused) == ("done", 18, 1)
    assert refused == [(13, "", "the database refuses this row (22P05)")]
    assert await rows(owner, "SELECT count(*) FROM programme_version") == [(19,)]
