"""Home: what this is, a real example, and the way in."""

from advlab.ui import frame, home

frame.require()

home.hero()
home.way_in()
home.example()
