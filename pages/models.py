"""Models: what is here, what can be had, and weights of one's own."""

from advlab.ui import catalogue, frame, models, own
from advlab.ui.state import lab as lab_state

frame.require()

state = lab_state().models
models.leave(state)
news = own.collect(state)
models.head(state)
catalogue.here(state)
own.own(state)
models.more(state)
if news:
    own.show_result()
