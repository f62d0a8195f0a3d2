"""The recipes in the repository are those that made the networks in it."""

import pytest

from advlab import models, training
from advlab.models import architectures
from advlab.models.shipped import Shipped

SHIPPED = [card.shipped for card in models.catalogue().values() if card.shipped is not None]


@pytest.mark.parametrize("name", training.names())
def test_a_recipe_is_whole(name):
    recipe = training.Recipe.of(training.values(name))
    assert recipe.title
    assert recipe.summary
    assert recipe.size is not None
    network = architectures.network(recipe.architecture, 10, recipe.size)
    assert sum(parameter.numel() for parameter in network.parameters()) < 3_000_000


@pytest.mark.parametrize("card", SHIPPED, ids=lambda card: card.name)
def test_the_recipe_on_a_card_is_the_one_that_was_used(card: Shipped):
    recipe = training.Recipe.of(training.values(card.recipe))
    assert card.name == card.recipe.replace("-", "_")
    assert f"--recipe {card.recipe} " in card.command
    assert (recipe.architecture, recipe.training.name) == (card.architecture, card.method)
    assert (recipe.seed, recipe.epochs) == (card.seed, card.epochs)
    assert recipe.eps == pytest.approx(card.eps)
    assert recipe.size == card.input_size
    assert (recipe.title, recipe.summary) == (card.title, card.summary)
