"""The names of ImageNet's thousand classes."""

from functools import cache

# Two pairs of classes share their first name; one pair shares all of them.
_SAME_NAME = {134: "crane (bird)", 517: "crane (machine)", 638: "maillot", 639: "maillot (tank suit)"}


@cache
def labels() -> tuple[str, ...]:
    """A thousand different names, from timm's table."""
    from timm.data.imagenet_info import ImageNetInfo  # noqa: PLC0415 - slow to import, needed only with a model

    info = ImageNetInfo()
    names = [info.index_to_description(index).split(",")[0] for index in range(1000)]
    return tuple(_SAME_NAME.get(index, name) for index, name in enumerate(names))
