"""Black box: what somebody can do who sees no gradient; a race, a copy of the model, pictures made on others."""

import streamlit as st

from advlab.serving.exports import races
from advlab.ui import controls, frame, lab, picker, run, suited
from advlab.ui.blackbox import link, race, views
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state()
cards = state.cards()
run.collect(state)
picker.forget_truth(state)
link.arrive(state, cards)
suited.settle(state, cards)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="top"):
    view = views.choose()
    share = st.popover("Link", icon=":material/link:")
with st.sidebar:
    card = cards[controls.model(cards)]
    choice, price = race.choose(state, card)
    with st.container(key="runbar"):
        race.run_button(state, choice)
said = None if choice.request is None else races.query(choice.request, price)
link.write(state, said)
with share:
    link.share(said)
if choice.problem:
    st.error(choice.problem, icon=":material/error:")
if state.blackbox.notice:
    st.info(state.blackbox.notice)
look = lab.first_look(state, card)
picker.picker(state, card, look)
picker.problem(state)
race.show(state, choice, price, card, look)
if look is None:
    lab.wait_for(state)
