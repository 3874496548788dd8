"""Every sentence that `app/scrub` and `app/opening` can say, read from their code.

A sentence is a constant, or a pattern with `{}` where the code puts something in. What the code looks up in a
table of its own is followed there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config import ROOT

# Call: what each of its first arguments is. A tag may be a name of the format itself; a sentence never.
SPEAKING = {
    "kept": ("sentence", "sentence"),
    "removed": ("sentence",),
    "remark": ("sentence",),
    "found": ("family", "tag"),
    "Refused": ("sentence",),
    "Unsupported": ("sentence",),
    "CheckFailed": ("sentence",),
    "Ended": ("sentence",),
    "ChildFailed": ("sentence",),
    "BadEntry": ("sentence",),
    "SealError": ("sentence",),
}
PLACES = (
    *sorted((ROOT / "app" / "scrub").glob("*.py")),
    *sorted((ROOT / "app" / "opening").glob("*.py")),
    ROOT / "app" / "journal" / "service.py",
    ROOT / "app" / "seal.py",
)
HOLE = "{}"


@dataclass(frozen=True)
class Sentence:
    text: str
    kind: str  # sentence, family, tag
    where: str


class _Module:
    def __init__(self, path: Path) -> None:
        """`functions` are those that a name alone calls; methods may share a name."""
        tree = ast.parse(path.read_text())
        self.path = path
        self.scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        self.functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self.tables = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        self.tree = tree

    def sentences(self) -> Iterator[Sentence]:
        for scope in [*self.scopes, self.tree]:
            for kind, said in _said_in(scope):
                for text in sorted(self.texts(said, scope)):
                    yield Sentence(text, kind, f"{self.path.name}:{said.lineno}")

    def texts(self, said: ast.expr, scope: ast.AST, depth: int = 0) -> set[str]:
        """All texts that an expression may be; `{}` for what can't be known from the code."""
        if depth > 6:
            return {HOLE}

        def more(part: ast.expr) -> set[str]:
            return self.texts(part, scope, depth + 1)

        match said:
            case ast.Constant(value=str(text)):
                return {text}
            case ast.JoinedStr(values=values):
                inside = set().union(*(more(v.value) for v in values if isinstance(v, ast.FormattedValue)))
                text = "".join(str(v.value) if isinstance(v, ast.Constant) else HOLE for v in values)
                return {text} | (inside - {HOLE})
            case ast.IfExp(body=one, orelse=other):
                return more(one) | more(other)
            case ast.BoolOp(values=values):
                return set().union(*map(more, values))
            case ast.Dict(values=values):
                return set().union(*map(more, values))
            case ast.Tuple(elts=values) | ast.List(elts=values):
                return set().union(*map(more, values)) - {HOLE}
            case ast.Subscript(value=ast.Name(id=name)) if name in self.tables:
                return more(self.tables[name])
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, default]):
                return (more(table) if isinstance(table, ast.Name | ast.Dict) else set()) | more(default)
            case ast.Call(func=ast.Name(id=name)) if name in self.functions:
                made = self.functions[name]
                returned = [n.value for n in ast.walk(made) if isinstance(n, ast.Return) and n.value]
                return set().union(*(self.texts(value, made, depth + 1) for value in returned))
            case ast.Name(id=name):
                return self._named(name, scope, depth)
        return {HOLE}

    def _named(self, name: str, scope: ast.AST, depth: int) -> set[str]:
        found: set[str] = set()
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == name for t in node.targets
            ):
                found |= self.texts(node.value, scope, depth + 1)
            elif isinstance(node, ast.For) and name in _targets(node):
                found |= self.texts(node.iter, scope, depth + 1)
        if name in self.tables:
            found |= self.texts(self.tables[name], scope, depth + 1)
        return found or {HOLE}


def _targets(loop: ast.For) -> set[str]:
    """Names that `for a, b in table` gives values to."""
    return {node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)}


def _said_in(scope: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(kind, expression) of what a function says itself, not a function inside it."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.FunctionDef):
            continue
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield from zip(SPEAKING.get(name, ()), node.args, strict=False)
        elif isinstance(node, ast.Dict):  # what a child process answers
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in {"refused", "failed"}:
                    yield "sentence", value
        yield from _said_in(node)


def everything() -> list[Sentence]:
    """In the order of the code."""
    return [sentence for path in PLACES for sentence in _Module(path).sentences()]
