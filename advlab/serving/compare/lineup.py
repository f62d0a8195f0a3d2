"""Which attacks can be compared in a norm, in groups, and which are where nobody chose."""

from collections.abc import Mapping
from itertools import chain, zip_longest

from advlab import attacks
from advlab.core.attack import Access, Attack, Objective, initial
from advlab.core.norms import Norm
from advlab.core.request import Value

# So many are compared where nobody chose.
_USUAL = 5

Group = tuple[Access, Objective]


def groups(norm: Norm) -> Mapping[Group, tuple[str, ...]]:
    """The names of all that work in a norm, by what they see and by what they look for; none is empty."""
    found: dict[Group, tuple[str, ...]] = {}
    for access in Access:
        for objective in Objective:
            names = tuple(
                name
                for name, kind in attacks.general().items()
                if norm in kind.norms and (kind.access, kind.objective) == (access, objective)
            )
            if names:
                found[access, objective] = names
    return found


def norms() -> tuple[Norm, ...]:
    """Those in which any attack works."""
    return tuple(norm for norm in Norm if groups(norm))


def usual(norm: Norm) -> tuple[str, ...]:
    """About five: from each group in turn the most general ones, and of equals the cheapest."""
    ranked = [sorted(names, key=_rank) for names in groups(norm).values()]
    turns = chain.from_iterable(zip_longest(*ranked))
    return tuple(name for name in turns if name is not None)[:_USUAL]


def _rank(name: str) -> tuple[int, int]:
    kind = attacks.registry.get(name)
    return -len(kind.norms), kind.configured(parameters(kind)).cost(None)[0]


def parameters(kind: type[Attack]) -> dict[str, Value]:
    """What an attack's parameters begin with in the Lab, which are quicker than its paper's."""
    return {name: initial(field) for name, field in kind.model_fields.items()}
