"""What people take along from a run: links, files, a script, a command line, a report. No Streamlit."""
