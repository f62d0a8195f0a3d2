"""Black box: what somebody can do who sees no gradient; a race, a copy of the model, pictures made on others."""

import streamlit as st

from advlab.ui import controls, frame, picker, run, suited
from advlab.ui.blackbox import link, over, race, views
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
    if view == views.RACE:
        page: race.Page | over.Page = race.Page(state, card)
    else:
        page = over.Page(state, card, cards, view)
link.write(state, page.said)
with share:
    link.share(page.said)
if page.problem:
    st.error(page.problem, icon=":material/error:")
if state.blackbox.notice:
    st.info(state.blackbox.notice)
page.show()
