"""The house rules, as tests: what the tools cannot say about the code."""

import ast
import importlib
import re
import shutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest

import api.asgi
from domain.commands import _ALL, ACTIONS, BY_TAG, THEN
from domain.kit.command import Action, Command
from domain.kit.problem import Problem
from domain.kit.read import every_read
from domain.migrations.tables import METADATA

ROOT = Path(api.asgi.__file__).resolve().parents[1]
FOLDERS = ("api", "mobile_sync", "domain", "printing")
LINES_MAX = 450
IGNORES_MAX = 15
DOMAIN_MAY_IMPORT = {"msgspec", "sqlalchemy"}
DOMAIN_EXCEPTIONS = {
    "domain/installs/serials.py": {"biip"},
    "domain/sealing/token.py": {"cryptography"},
    "domain/sealing/keys.py": {"cryptography"},
    "domain/migrations/env.py": {"alembic"},
}
FLOORS = {"Pillow": "13.0.0", "reportlab": "5.1", "litestar": "2.25"}
LIBZBAR_FLOOR = "0.23.92-7+deb12u1"


@cache
def sources() -> dict[str, str]:
    """Every file of the product's Python, by its path in the project."""
    found: dict[str, str] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found[path.relative_to(ROOT).as_posix()] = path.read_text()
    return found


@cache
def all_tests() -> str:
    """All other tests as one text."""
    files = sorted(path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__).resolve())
    return "\n".join(path.read_text() for path in files)


def lines_with(pattern: str, *, but: tuple[str, ...] = ()) -> list[str]:
    """Where a pattern stands in the product, outside comments."""
    wanted = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in sources().items()
        if not name.startswith(but)
        for number, line in enumerate(text.splitlines(), 1)
        if wanted.search(line.split("  # ")[0]) and not line.lstrip().startswith("#")
    ]


def test_only_the_kernel_commits() -> None:
    allowed = ("domain/kit/work.py", "domain/kit/database.py", "api/migrate.py", "domain/migrations/")
    assert lines_with(r"\.commit\(\)|\bCOMMIT\b[^a-z ]", but=allowed) == []


def test_only_the_kernel_reads_the_clock() -> None:
    clock = r"datetime\.now\(|datetime\.today\(|date\.today\(|utcnow\(|\.fromtimestamp\((?!int\(at)"
    assert lines_with(clock, but=("domain/kit/", "api/trials/")) == []


def test_rows_are_locked_without_blocking_foreign_keys() -> None:
    loud = [
        place
        for name, text in sources().items()
        for place in re.findall(r"with_for_update\([^)]*\)", text)
        if "key_share=True" not in place
    ]
    assert loud == []
    assert lines_with(r"FOR UPDATE(?! SKIP LOCKED)", but=("domain/migrations/",)) == []


def test_the_context_is_only_ever_local_to_a_transaction() -> None:
    everything = "\n".join(sources().values())
    assert re.findall(r"set_config\([^)]*,\s*false\s*\)", everything, re.IGNORECASE) == []
    assert re.findall(r"\bSET (?!LOCAL\b)(?:SESSION )?app\.", everything, re.IGNORECASE) == []
    calls = re.findall(r"set_config\([^)]*\)", everything)
    assert all(call.endswith(", true)") for call in calls), calls


CATCHING = (
    "domain/kit/",
    "api/app.py",
    "api/imports/",
    "api/tasks",
    "api/embedded",
    "api/backups/",
    "api/cli_audit.py",
)


def test_database_errors_are_caught_by_the_kernel_and_the_edge_only() -> None:
    """Who swallows one inside a transaction is answered with success, for PostgreSQL turns its COMMIT to ROLLBACK."""
    caught = r"except .*\b(DBAPIError|IntegrityError|SQLAlchemyError|PostgresError)\b"
    assert lines_with(caught, but=CATCHING) == []


def test_no_test_patches_our_own_code() -> None:
    found = re.findall(r"^(?:from|import) unittest\.mock|\bmocker\.|MagicMock|AsyncMock", all_tests(), re.MULTILINE)
    assert found == []


def test_files_are_short() -> None:
    lengths = {name: text.count("\n") for name, text in sources().items() if "/versions/" not in name}
    assert {name: length for name, length in lengths.items() if length > LINES_MAX} == {}


def test_types_are_ignored_seldom() -> None:
    assert len(lines_with(r"#\s*type: ignore")) <= IGNORES_MAX


def test_no_file_is_called_after_nothing() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "misc.py", "base_service.py", "schemas.py"}
    assert [name for name in sources() if Path(name).name in vague] == []


def imports_of(text: str) -> Iterator[str]:
    """The first names of all modules a file imports."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").split(".")[0]


def test_the_domain_imports_little() -> None:
    strange = [
        f"{name} imports {module}"
        for name, text in sources().items()
        if name.startswith("domain/") and "/versions/" not in name
        for module in imports_of(text)
        if module not in sys.stdlib_module_names | DOMAIN_MAY_IMPORT | {"domain"} | DOMAIN_EXCEPTIONS.get(name, set())
    ]
    assert strange == []


def test_nothing_is_passed_on_by_a_package() -> None:
    """A name is imported from where it is defined."""
    full = [name for name, text in sources().items() if name.endswith("__init__.py") and list(imports_of(text))]
    assert full == []


def every_action() -> list[Action]:
    """Every action that any context declares, whether registered or not."""
    found: dict[int, Action] = {}
    for name in sources():
        if name.startswith("domain/") and "/versions/" not in name and not name.endswith("env.py"):
            module = importlib.import_module(name.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
            found |= {id(value): value for value in vars(module).values() if isinstance(value, Action)}
    return list(found.values())


def fields_of(shape: typing.Any, seen: set[typing.Any]) -> Iterator[tuple[str, typing.Any]]:
    """The fields of a struct and of every struct within it."""
    if shape in seen:
        return
    seen.add(shape)
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        for field in msgspec.structs.fields(shape):
            yield f"{shape.__name__}.{field.name}", field.type
            yield from fields_of(field.type, seen)
    for part in typing.get_args(shape):
        yield from fields_of(part, seen)


def test_every_action_is_registered_once_under_a_tag_of_its_own() -> None:
    assert {one.tag for one in every_action()} == set(BY_TAG)
    assert len(BY_TAG) == len(ACTIONS) == len(_ALL)
    assert set(THEN) <= set(ACTIONS)
    assert [tag for tag in BY_TAG if not re.fullmatch(r"[a-z_]+\.[a-z_]+", tag)] == []


EACH_ACTION = pytest.mark.parametrize("one", _ALL, ids=[one.tag for one in _ALL])


@EACH_ACTION
def test_a_command_is_whole(one: Action) -> None:
    """It says what it is, admits somebody, and has an example that can be sent."""
    assert issubclass(one.command, Command)
    assert (one.command.__doc__ or "").strip(), "no docstring"
    assert (one.carry_out.__doc__ or "").strip(), "its action has no docstring"
    assert one.by, "nobody may do it"
    assert type(one.example) is one.command
    assert one.command.__struct_config__.frozen
    assert one.command.__struct_config__.forbid_unknown_fields
    assert all(issubclass(problem, Problem) for problem in one.raises)
    again = msgspec.json.decode(msgspec.json.encode(one.example), type=one.command)
    assert again == one.example


def test_every_command_is_named_in_a_test() -> None:
    known = all_tests()
    unnamed = [
        one.tag
        for one in _ALL
        if not any(name in known for name in (one.command.__name__, f'"{one.tag}"', one.carry_out.__name__))
        and not any(f'"{path}"' in known for path in paths_of(one))
    ]
    assert unnamed == []


def paths_of(one: Action) -> list[str]:
    """The routes that carry a command."""
    from api.operation import OPERATIONS

    return [operation.path for operation in OPERATIONS.values() if operation.command is one]


@EACH_ACTION
def test_every_field_of_a_command_is_bounded_and_typed(one: Action) -> None:
    for name, kind in fields_of(one.command, set()):
        bare = [part for part in _bare_types(kind) if part in (str, int, float, bytes, dict, list, typing.Any, object)]
        assert bare == [], f"{name} takes {bare}: use a type of domain/kit/limits.py"
        assert "password" not in name.lower(), f"{name}: credentials never travel in commands"
        assert "secret" not in name.lower()


def _bare_types(kind: typing.Any, bounded: bool = False) -> Iterator[typing.Any]:
    """The types in an annotation that stand there without bounds."""
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        if typing.get_origin(parts[0]) is not None:
            limits = [one.max_length for one in parts[1:] if isinstance(one, msgspec.Meta)]
            yield from _bare_types(parts[0], bounded=any(limits))
        return
    fixed = origin is tuple and Ellipsis not in parts
    if origin in (list, tuple, dict, set, frozenset) and not bounded and not fixed:
        yield list
    if origin is None:
        yield kind
    elif origin is not typing.Literal:
        for part in parts:
            yield from _bare_types(part)


def test_every_read_names_its_columns_in_its_order() -> None:
    assert len(every_read) > 5
    for read in every_read:
        names = [column.name for column in read.statement.selected_columns]
        assert names == list(read.shape.__struct_fields__), read.shape.__name__


def test_every_table_is_documented_and_its_constraints_have_names() -> None:
    for table in METADATA.tables.values():
        assert all(constraint.name for constraint in table.constraints), table.name
    for mapper in importlib.import_module("domain.kit.base").Record.registry.mappers:
        assert (mapper.class_.__doc__ or "").strip(), mapper.class_.__name__


@pytest.mark.parametrize("name", FLOORS)
def test_libraries_with_known_holes_are_new_enough(name: str) -> None:
    def parts(text: str) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", text)[:3])

    assert parts(version(name)) >= parts(FLOORS[name])


def test_the_barcode_library_of_the_system_is_new_enough() -> None:
    if shutil.which("dpkg") is None:
        pytest.skip("no dpkg on this machine to ask for the version of libzbar0")
    asked = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "libzbar0"], capture_output=True, text=True, check=False
    )
    if asked.returncode or not asked.stdout:
        pytest.skip("libzbar0 is not installed on this machine")
    enough = subprocess.run(["dpkg", "--compare-versions", asked.stdout, "ge", LIBZBAR_FLOOR], check=False)
    assert enough.returncode == 0, f"libzbar0 {asked.stdout} has known holes: {LIBZBAR_FLOOR} or newer"


def test_nothing_names_a_machine_or_holds_a_secret() -> None:
    kept = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if kept.returncode:
        pytest.skip("not a git checkout")
    telling = re.compile(r"/wor[k]/|-----BEGIN [A-Z ]*PRIVATE KEY")
    found = [
        name
        for name in kept.stdout.decode().split("\0")
        if name.endswith((".py", ".md", ".toml", ".sql", ".yaml", ".json", ".js", ".html", "Makefile", "Dockerfile"))
        and name != "tests/test_architecture.py"
        and (ROOT / name).exists()
        and telling.search((ROOT / name).read_text(errors="replace"))
    ]
    assert found == []
