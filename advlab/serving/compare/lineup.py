"""Which attacks can be compared in a norm, in groups, and which are where nobody chose."""

from collections.abc import Mapping
from itertools import chain, product, starmap, zip_longest
from typing import NamedTuple

from advlab import attacks
from advlab.core.attack import Access, Attack, Objective, initial
from advlab.core.norms import Norm
from advlab.core.request import Value

# So many are compared where nobody chose.
_USUAL = 5


class Group(NamedTuple):
    """Attacks that see and look for the same; baselines, which know nothing, are one group whatever they look for."""

    access: Access
    objective: Objective
    baseline: bool = False

    @classmethod
    def of(cls, kind: type[Attack]) -> "Group":
        """The group that an attack belongs to."""
        return _BASELINES if kind.baseline else cls(kind.access, kind.objective)


_BASELINES = Group(Access.LABEL, Objective.MINIMAL, baseline=True)


def groups(norm: Norm) -> Mapping[Group, tuple[str, ...]]:
    """The names of all that work in a norm, by what they see and by what they look for; none is empty."""
    fitting = {name: Group.of(kind) for name, kind in attacks.general().items() if norm in kind.norms}
    every = [*starmap(Group, product(Access, Objective)), _BASELINES]
    found = {group: tuple(name for name, own in fitting.items() if own == group) for group in every}
    return {group: names for group, names in found.items() if names}


def norms() -> tuple[Norm, ...]:
    """Those in which any attack works."""
    return tuple(norm for norm in Norm if groups(norm))


def usual(norm: Norm) -> tuple[str, ...]:
    """About five: from each group in turn the most general ones, and of equals the cheapest; no baselines."""
    ranked = [sorted(names, key=_rank) for group, names in groups(norm).items() if not group.baseline]
    turns = chain.from_iterable(zip_longest(*ranked))
    return tuple(name for name in turns if name is not None)[:_USUAL]


def _rank(name: str) -> tuple[int, int]:
    kind = attacks.registry.get(name)
    return -len(kind.norms), kind.configured(parameters(kind)).cost(None)[0]


def parameters(kind: type[Attack]) -> dict[str, Value]:
    """What an attack's parameters begin with in the Lab, which are quicker than its paper's."""
    return {name: initial(field) for name, field in kind.model_fields.items()}
