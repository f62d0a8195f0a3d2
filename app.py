"""AdvLab's dashboard: run it with `streamlit run app.py`."""

from advlab.ui import frame

frame.run()
