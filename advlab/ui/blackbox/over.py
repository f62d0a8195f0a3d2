"""The views over sets of pictures: a copy of the model, and pictures made on other models."""

from collections.abc import Mapping

import streamlit as st

from advlab.models import Card
from advlab.serving.exports import races
from advlab.ui.blackbox import substitute, transfer, views
from advlab.ui.defend import source
from advlab.ui.state import LabState


class Page:
    """What is asked in one of these views; its controls are drawn where it is made.

    Attributes:
        said: the link to it; None where the controls say nothing possible.
        problem: why, if somebody has to do something about it.
    """

    def __init__(self, state: LabState, card: Card, cards: Mapping[str, Card], view: str) -> None:
        self._state, self._view = state, view
        self._brought = source.choose(state, card)
        self.problem = source.missing() if self._brought is None else None
        self._copied = substitute.controls(card, self._brought) if view == views.SUBSTITUTE else None
        self._tried = transfer.controls(card, cards, self._brought) if view == views.TRANSFER else None
        asked = self._copied or self._tried
        self.said = None if asked is None else races.other(asked, state.picture.named(card))
        with st.container(key="runbar"):
            if view == views.SUBSTITUTE:
                substitute.run(state, None if self.problem else self._copied)
            else:
                transfer.run(state, None if self.problem else self._tried)

    def show(self) -> None:
        """What came of it, or what there will be."""
        if self._view == views.SUBSTITUTE:
            substitute.show(self._state, None if self.problem else self._copied, self._brought)
        else:
            transfer.show(self._state, None if self.problem else self._tried, self._brought)
