"""The Attack Lab: a picture, a model, an attack, and what came of it."""

import streamlit as st

from advlab import models
from advlab.ui import arrival, controls, frame, lab, picker, run, suited
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state()
cards = state.cards()
run.collect(state)
picker.forget_truth(state)
lab.turn(state)
arrival.arrive(state, cards)
suited.settle(state, cards)
if state.presenting and state.outcome is not None and not run.live(state):
    lab.present(state, state.outcome)
    st.stop()

with st.sidebar:
    values = controls.values(state.picture, cards)
state.compare = st.session_state.get("with")
request, problem = run.read(values)
card = cards[str(values["model"])]
look = lab.first_look(state, card)
with st.sidebar:
    run.buttons(state, request, look, models.twin(card))
arrival.write(state, request)

top = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="top")
with top:
    picker.picker(state, card, look)
    lab.page_tools(state, request)
picker.problem(state)
# Places that are always there, so that nothing below moves when progress comes and goes.
progress, result = st.container(), st.container()
with progress:
    lab.running(state, problem)
    picker.recognised(state)
with result:
    if state.outcome is not None:
        lab.show_outcome(state, state.outcome, request)
    elif look is not None:
        lab.show_look(state, look, card)
    else:
        lab.wait_for(state)
