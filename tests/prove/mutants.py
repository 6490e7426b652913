"""Small wrong changes of a module, one at a time: what tests must find if they hold the rules."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

OTHERS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
}
"""A comparison becomes its neighbour at the bound, and its opposite."""
INSTEAD: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
NOT_CODE = {"annotation", "returns", "decorator_list", "format_spec"}
WORD = re.compile(r"[A-Za-z0-9_-]+")
TOLD_OF_A_CHANGE = 60


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one top-level statement of a module."""

    module: str
    line: int
    what: str
    code: CodeType

    @property
    def told(self) -> str:
        """Where it is and what was changed."""
        return f"{self.module}:{self.line}: {self.what}"


def mutants_of(module: str, path: Path) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its source."""
    for statement in ast.parse(path.read_text()).body:
        for holder, name, node in _places(statement):
            for other in _alternatives(node):
                _put(holder, name, ast.copy_location(other, node))
                code = compile(ast.fix_missing_locations(ast.Module([statement], [])), str(path), "exec")
                _put(holder, name, node)
                yield Mutant(module, getattr(node, "lineno", statement.lineno), _told(node, other), code)


def _told(node: ast.AST, other: ast.AST) -> str:
    return " → ".join(ast.unparse(one).replace("\n", " ")[:TOLD_OF_A_CHANGE] for one in (node, other))


def _put(holder: ast.AST, name: tuple[str, int | None], node: ast.AST) -> None:
    field, index = name
    if index is None:
        setattr(holder, field, node)
    else:
        getattr(holder, field)[index] = node


def _places(node: ast.AST) -> Iterator[tuple[ast.AST, tuple[str, int | None], ast.AST]]:
    """Yield every node below that can be changed, with what holds it; words of a sentence are none."""
    for field, value in ast.iter_fields(node):
        if field in NOT_CODE or (isinstance(node, ast.ClassDef) and field == "keywords"):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _only_says(node, child):
                continue
            yield node, (field, index), child
            yield from _places(child)


def _only_says(node: ast.AST, child: ast.AST) -> bool:
    """Tell whether a part is a type, a field of a shape, or the plain words of a sentence."""
    match node, child:
        case (ast.ClassDef(), ast.AnnAssign()) | (ast.JoinedStr(), ast.Constant()):
            return True
        case (ast.Assign(), ast.Subscript(ast.Name("Literal"))):
            return True
    return False


def _alternatives(node: ast.AST) -> Iterator[ast.AST]:
    match node:
        case ast.Compare(left, ops, comparators):
            for at, op in enumerate(ops):
                for other in OTHERS[type(op)]:
                    yield ast.Compare(left, [*ops[:at], other(), *ops[at + 1 :]], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.BinOp(left, op, right) if type(op) in INSTEAD:
            yield ast.BinOp(left, INSTEAD[type(op)](), right)
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value) | float(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(str(value)) if WORD.fullmatch(value):
            yield ast.Constant(value + "-x")
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.comprehension(target, iterated, [_, *_], is_async):
            yield ast.comprehension(target, iterated, [], is_async)
        case ast.Return(ast.Compare() | ast.BoolOp() | ast.UnaryOp(ast.Not())):
            yield from (ast.Return(ast.Constant(True)), ast.Return(ast.Constant(False)))
        case ast.Return(ast.AST() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield ast.Return(ast.Constant(None))
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
            if not orelse:
                yield ast.Pass()
        case ast.AugAssign() | ast.Continue() | ast.Expr(ast.Call()):
            yield ast.Pass()


def put(mutant: Mutant) -> None:
    """Change the loaded module; whoever holds one of its functions or values has the changed one."""
    module = sys.modules[mutant.module]
    changed: dict[str, Any] = dict(vars(module))
    exec(mutant.code, changed)
    for name, new in changed.items():
        old = vars(module).get(name)
        if new is not old and name != "__builtins__":
            _exchange(name, old, new)


def _exchange(name: str, old: Any, new: Any) -> None:
    if isinstance(old, FunctionType):
        inspect.unwrap(old).__code__ = inspect.unwrap(new).__code__
        old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
    elif isinstance(old, property):
        _exchange(name, old.fget, new.fget)
    elif isinstance(old, type):
        for each, one in vars(old).items():
            if isinstance(one, FunctionType | property) and each in vars(new):
                _exchange(each, one, vars(new)[each])
    else:
        for module in [one for one in sys.modules.values() if isinstance(one, ModuleType)]:
            if vars(module).get(name) is old:
                setattr(module, name, new)
