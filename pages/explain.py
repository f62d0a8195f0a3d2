"""Explain: what an answer rests on, before and after an attack, and how far that can be trusted."""

import streamlit as st

from advlab.ui import controls as lab_controls
from advlab.ui import frame, going_on, lab, picker, run, suited
from advlab.ui.explain import aside, controls, link, show
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state()
cards = state.cards()
run.collect(state)
link.arrive(state, cards)
suited.settle(state, cards)

with st.sidebar:
    card = cards[lab_controls.model(cards)]
look = lab.first_look(state, card)
with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="top"):
    picker.picker(state, card, look)
    sharing = st.popover("Link", icon=":material/link:")
picker.problem(state)
going_on.notices(state, [], state.explain.notice)
if look is None:
    lab.wait_for(state)
    st.stop()
if run.live(state) and not state.runs_on(card):  # the attack of a link: what it is asked about comes with it
    st.stop()
controls.method(card.name)
with st.sidebar:
    choice = controls.choose(state, card, cards, look)
link.write(state, choice)
with sharing:
    link.share(choice)
if choice.outcome is None:
    going_on.offer_run(state, card, "Attack the picture to see what an attack does to the reasons.")
show.maps(state, choice)
aside.trusted(state, choice, card)
aside.attack(state, choice, card)
