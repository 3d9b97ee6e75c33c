"""`seam_uses.py DIRECTORY`: compare the ministack internals used in DIRECTORY with `vendhost_cloud.seams`.

Prints JSON: `unlisted` and `unused` names ("module.name"), and `unclear` places ("file:line code"), where the source
does not say whose private name it uses.
"""

import ast
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from vendhost_cloud.seams import SEAMS

_BY_NAME = ("getattr", "setattr", "delattr", "hasattr")


@dataclass
class Found:
    """What one file uses."""

    file: str
    names: set[str] = field(default_factory=set)
    unclear: list[str] = field(default_factory=list)

    def note_unclear(self, node: ast.expr) -> None:
        self.unclear.append(f"{self.file}:{node.lineno} {ast.unparse(node)}")


def uses(file: Path, shown: str) -> Found:
    found = Found(shown)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    modules, others = _imports(tree, found)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            _attribute(node, modules, others, found)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in (*_BY_NAME, "vars"):
            _by_name(node, modules, found)
    return found


def _attribute(node: ast.Attribute, modules: dict[str, str], others: set[str], found: Found) -> None:
    module = _module(node.value, modules)
    if module is None:
        if _private(node.attr) and not _own(node.value, others):
            found.note_unclear(node)
    elif node.attr == "__dict__":
        found.note_unclear(node)
    elif (_private(node.attr) or _replaced(node)) and not _is_module(f"{module}.{node.attr}"):
        found.names.add(f"{module}.{node.attr}")


def _imports(tree: ast.Module, found: Found) -> tuple[dict[str, str], set[str]]:
    """Names bound to modules of ministack, and all other names that imports bind."""
    modules: dict[str, str] = {}
    others: set[str] = set()
    for bound, module, name in _bindings(tree):
        path = f"{module}.{name}" if name else module
        if not module.startswith("ministack"):
            others.add(bound)
        elif _is_module(path):
            modules[bound] = path
        elif _private(name):
            found.names.add(path)
    return modules, others


def _bindings(tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                package = alias.name.partition(".")[0]
                yield (alias.asname, alias.name, "") if alias.asname else (package, package, "")
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, node.module or "", alias.name


def _module(node: ast.expr, modules: dict[str, str]) -> str | None:
    """The module of ministack this expression names."""
    if isinstance(node, ast.Name):
        return modules.get(node.id)
    if isinstance(node, ast.Attribute):
        outer = _module(node.value, modules)
        return f"{outer}.{node.attr}" if outer and _is_module(f"{outer}.{node.attr}") else None
    return None


def _is_module(path: str) -> bool:
    try:
        import_module(path)
    except ModuleNotFoundError:
        return False
    return True


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _replaced(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def _own(base: ast.expr, others: set[str]) -> bool:
    return isinstance(base, ast.Name) and base.id in {"self", "cls", *others}


def _by_name(call: ast.Call, modules: dict[str, str], found: Found) -> None:
    """A name given as text: to be clear it must be a literal."""
    module = _module(call.args[0], modules) if call.args else None
    name = call.args[1] if len(call.args) > 1 else None
    text = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else None
    if module and text:
        found.names.add(f"{module}.{text}")
    elif module or (text and _private(text)):
        found.note_unclear(call)


def main() -> None:
    directory = Path(sys.argv[1])
    files = [uses(file, str(file.relative_to(directory))) for file in sorted(directory.rglob("*.py"))]
    used = {name for file in files for name in file.names}
    listed = {f"{seam.module}.{name}" for seam in SEAMS for name in seam.names}
    unclear = [place for file in files for place in file.unclear]
    print(json.dumps({"unlisted": sorted(used - listed), "unused": sorted(listed - used), "unclear": unclear}))


if __name__ == "__main__":
    main()
