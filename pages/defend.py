"""Defend: defenses side by side, against an attacker who does not know them and against one who does."""

import streamlit as st

from advlab.core.asked import Asked
from advlab.serving.exports.shields import Linked
from advlab.ui import controls as lab_controls
from advlab.ui import frame, lab, picker, run, suited
from advlab.ui.defend import autopsy, controls, envelope, link, show, source, survey, threats, views
from advlab.ui.state import lab as lab_state

# What counts over a set.
OVER = {views.SET: survey, views.MASKING: autopsy, views.CERTIFICATE: envelope, views.THREATS: threats}

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
over = OVER.get(view)
with st.sidebar:
    card = cards[lab_controls.model(cards)]
    brought = source.choose(state, card) if over else None
    choice = controls.Choice(None, None)
    asked: Asked | None = None
    said: Linked | None = None
    if view == views.CERTIFICATE:
        asked = said = envelope.controls(card, brought)
    elif view == views.THREATS:
        asked = said = threats.controls(card, cards, brought)
    else:
        choice = controls.choose(state, card, cards, view)
        said = choice.request
        if view == views.SET:
            asked = survey.controls(choice, brought)
        elif view == views.MASKING:
            asked = autopsy.controls(choice, card, cards, brought)
    problem = choice.problem or (source.missing() if over and brought is None else None)
    with st.container(key="runbar"):
        if over:
            over.run(state, None if problem else asked)
        else:
            show.run_button(state, choice)
link.write(state, card, said, view)
with share:
    link.share(state, card, said, view)
if problem:
    st.error(problem, icon=":material/error:")
if state.defend.notice:
    st.info(state.defend.notice)
if over:
    over.show(state, None if problem else asked, brought)
else:
    picker.picker(state, card, lab.first_look(state, card))
    picker.problem(state)
    show.comparison(state, choice)
