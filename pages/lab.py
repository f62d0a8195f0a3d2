"""The Attack Lab: a picture, a model, an attack, and what came of it."""

import streamlit as st

from advlab.ui import controls, frame, lab
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state()
lab.collect(state)

with st.sidebar:
    values = controls.values(state.picture.ref)
request, problem = lab.read(values)
look = lab.first_look(state, str(values["model"]))
with st.sidebar:
    lab.run_buttons(state, request, problem, look)

lab.choose_picture(state)
# Two places that are always there, so that nothing below moves when progress comes and goes.
progress, result = st.container(), st.container()
with progress:
    if state.notice:
        st.info(state.notice)
    if state.job is not None:
        lab.watch(state)
with result:
    if state.outcome is not None:
        lab.show_outcome(state, state.outcome, request)
    elif look is not None:
        lab.show_look(look)
    else:
        lab.wait_for(str(values["model"]), state)
