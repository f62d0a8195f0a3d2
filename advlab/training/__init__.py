"""Training: one loop, one file a method, recipes as data."""

from advlab.training.export import export
from advlab.training.loop import Trained, train
from advlab.training.method import registry
from advlab.training.progress import Progress
from advlab.training.recipe import Recipe, names, values

__all__ = ["Progress", "Recipe", "Trained", "export", "names", "registry", "train", "values"]
