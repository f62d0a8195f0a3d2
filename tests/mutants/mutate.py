"""Run a check against changed source: the changed functions' code is put into the living ones for a while."""

import contextlib
import importlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType

import advlab

ROOT = Path(advlab.__file__).parent


def _codes(code: CodeType) -> dict[str, CodeType]:
    """All functions of a module's code that are not inside another function, by qualified name."""
    found: dict[str, CodeType] = {}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & inspect.CO_NEWLOCALS and constant.co_flags & inspect.CO_OPTIMIZED:
                found[constant.co_qualname] = constant
            else:  # a class body
                found |= _codes(constant)
    return found


def _living(module, qualname: str) -> FunctionType:
    thing = module
    for part in qualname.split("."):
        thing = inspect.getattr_static(thing, part)
    if isinstance(thing, property):
        thing = thing.fget
    return getattr(thing, "__func__", thing)


@dataclass(frozen=True)
class Change:
    """`old` occurs in `file` exactly once, and becomes `new`."""

    file: str
    old: str
    new: str

    def source(self) -> tuple[str, str]:
        text = (ROOT / self.file).read_text(encoding="utf-8")
        times = text.count(self.old)
        assert times == 1, f"{self.file} has {times} times, not once: {self.old!r}. Bring this table up to date."
        return text, text.replace(self.old, self.new)

    def functions(self) -> list[tuple[FunctionType, CodeType]]:
        """The living functions that the change touches, and what their code would become."""
        text, changed = self.source()
        before, after = (_codes(compile(part, self.file, "exec")) for part in (text, changed))
        module = importlib.import_module("advlab." + self.file.removesuffix(".py").replace("/", "."))
        names = [name for name in after if not _equal(before[name], after[name])]
        assert names, "the change changes no function"
        return [(_living(module, name), after[name]) for name in names]

    @contextlib.contextmanager
    def applied(self):
        """While inside, the functions behave as changed."""
        functions = self.functions()
        originals = [(function, function.__code__) for function, _ in functions]
        try:
            for function, code in functions:
                function.__code__ = code
            yield
        finally:
            for function, code in originals:
                function.__code__ = code


def _equal(first: CodeType, second: CodeType) -> bool:
    """Whether two functions do the same, wherever they stand in the file."""

    def bare(code: CodeType):
        inner = tuple(bare(c) if isinstance(c, CodeType) else repr(c) for c in code.co_consts)
        return code.co_code, inner, code.co_names, code.co_varnames, code.co_freevars

    return bare(first) == bare(second)
