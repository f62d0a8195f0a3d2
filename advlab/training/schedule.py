"""The learning rate over a training."""

import math

from advlab.training.recipe import Recipe


def learning_rate(recipe: Recipe, done: float) -> float:
    """Up in a straight line during the warm-up, then down to zero; `done` is the share that is over, in [0, 1)."""
    if done < recipe.warmup:
        return recipe.learning_rate * max(0.01, done / recipe.warmup)
    left = (1 - done) / (1 - recipe.warmup)
    fall = left if recipe.schedule == "linear" else 0.5 - 0.5 * math.cos(math.pi * left)
    return recipe.learning_rate * fall
