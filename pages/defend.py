"""Defend: defenses side by side, against an attacker who does not know them and against one who does."""

import streamlit as st

from advlab.ui import controls as lab_controls
from advlab.ui import frame, lab, picker, run, suited
from advlab.ui.defend import autopsy, controls, envelope, link, show, source, survey, views
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state()
cards = state.cards()
run.collect(state)
link.arrive(state, cards)
suited.settle(state, cards)

with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="top"):
    view = views.choose()
    share = st.popover("Link", icon=":material/link:")
with st.sidebar:
    card = cards[lab_controls.model(cards)]
    brought = source.choose(state, card) if view != views.ONE else None
    if view == views.CERTIFICATE:
        choice = controls.Choice(None, None)
        bounds = envelope.controls(card, brought)
    else:
        choice = controls.choose(state, card, cards, several=view != views.MASKING)
    if view == views.SET:
        counted = survey.controls(choice, brought)
    elif view == views.MASKING:
        examined = autopsy.controls(choice, card, cards, brought)
    problem = choice.problem or (source.missing() if view != views.ONE and brought is None else None)
    with st.container(key="runbar"):
        if view == views.ONE:
            show.run_button(state, choice)
        elif view == views.SET:
            survey.run(state, None if problem else counted)
        elif view == views.MASKING:
            autopsy.run(state, None if problem else examined)
        else:
            envelope.run(state, None if problem else bounds)
link.write(state, choice, view)
with share:
    link.share(choice, view)
if problem:
    st.error(problem, icon=":material/error:")
if state.defend.notice:
    st.info(state.defend.notice)
if view == views.ONE:
    picker.picker(state, card, lab.first_look(state, card))
    picker.problem(state)
    show.comparison(state, choice)
elif view == views.SET:
    survey.show(state, None if problem else counted, brought)
elif view == views.MASKING:
    autopsy.show(state, None if problem else examined, brought)
else:
    envelope.show(state, None if problem else bounds, brought)
