"""Defend: defenses side by side, against an attacker who does not know them and against one who does."""

import streamlit as st

from advlab.ui import controls as lab_controls
from advlab.ui import frame, lab, picker, suited
from advlab.ui.defend import controls, show
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state()
cards = state.cards()
suited.settle(state, cards)

with st.sidebar:
    card = cards[lab_controls.model(cards)]
    choice = controls.choose(state, card, cards)
    with st.container(key="runbar"):
        show.run_button(state, choice)
picker.picker(state, card, lab.first_look(state, card))
picker.problem(state)
if choice.problem:
    st.error(choice.problem, icon=":material/error:")
show.comparison(state, choice)
