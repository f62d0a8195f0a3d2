"""Boundary: a slice of what a model answers around a picture, and how far its boundaries are."""

import streamlit as st

from advlab.ui import controls as lab_controls
from advlab.ui import frame, going_on, lab, picker, run, suited
from advlab.ui.boundary import aside, controls, link, picked, show
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state()
cards = state.cards()
picked.go_on(state)
run.collect(state)
link.arrive(state, cards)
suited.settle(state, cards)

with st.sidebar:
    card = cards[lab_controls.model(cards)]
    choice = controls.choose(state, card, cards)
link.write(state, choice)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="top"):
    picker.picker(state, card, lab.first_look(state, card))
    with st.popover("Link", icon=":material/link:"):
        link.share(choice)
picker.problem(state)
going_on.notices(state, [choice.problem], state.boundary.notice)
how = show.view()
if choice.needs_run:
    going_on.offer_run(state, card, "An axis is of an attack, and this picture has not been attacked yet.")
elif how in show.SLICED:
    show.slice_view(state, choice, how)
elif how == "random":
    aside.random_directions(state, choice, card)
else:
    aside.climbs(state, choice, cards)
