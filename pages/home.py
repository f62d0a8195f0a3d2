"""Home: what this is, a real example, and the ways in."""

import streamlit as st

from advlab.ui import frame, home

frame.require()

home.hero()
with st.container(key="home"):
    left, right = st.columns([4, 5], gap="large")
with left:
    home.striking()
with right:
    home.said()
    home.ways_in()
