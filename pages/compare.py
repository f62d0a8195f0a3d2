"""Compare attacks: many on one picture, on the same terms, side by side."""

import streamlit as st

from advlab.ui import controls as lab_controls
from advlab.ui import frame, lab, picker, run, suited
from advlab.ui.compare import controls, link, show
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state()
cards = state.cards()
run.collect(state)
picker.forget_truth(state)
link.arrive(state, cards)
suited.settle(state, cards)

with st.sidebar:
    card = cards[lab_controls.model(cards)]
    choice = controls.choose(state, card, cards)
    with st.container(key="runbar"):
        show.run_button(state, choice)
link.write(state, choice)

look = lab.first_look(state, card)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="top"):
    picker.picker(state, card, look)
    with st.popover("Link", icon=":material/link:"):
        link.share(choice)
picker.problem(state)
if choice.problem:
    st.error(choice.problem, icon=":material/error:")
if state.comparison.notice:
    st.info(state.comparison.notice)
show.comparison(state, choice, card, look)
if look is None:
    lab.wait_for(state)
