"""Plotly figures of what was found, for pages and for files; they know nothing of Streamlit."""
