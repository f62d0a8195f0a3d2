"""Home: what this is, and the way in."""

import streamlit as st

from advlab.ui import frame

frame.require()

st.html(
    '<div class="hero"><h1>See a classifier change its mind</h1>'
    "<p>A change that nobody can see turns an espresso into a caldron. Take a photo, pick a model and an "
    "attack, and look at what it takes. Everything runs on this computer, without the internet.</p></div>"
)
st.page_link("pages/lab.py", label="Open the Attack Lab", icon=":material/bolt:")
