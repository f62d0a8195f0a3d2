"""What there is to read about an attack, next to where it is chosen."""

from html import escape

import streamlit as st

from advlab.core import reference
from advlab.core.attack import Attack
from advlab.core.reference import Entry, Setting


def panel(kind: type[Attack]) -> None:
    """A button that shows what the attack does, its cost, its parameters and its paper."""
    about = reference.entry(kind)
    with st.popover("About this attack", icon=":material/menu_book:", type="tertiary", key=f"about-{kind.name}"):
        st.markdown(f"**{about.title}**")
        st.markdown(about.summary)
        st.markdown(_terms(about))
        if about.settings:
            st.html(f'<dl class="settings">{"".join(map(_setting, about.settings))}</dl>')
        for paragraph in about.details:
            st.markdown(reference.linked(paragraph))
        st.caption(reference.linked(about.papers))


def _terms(about: Entry) -> str:
    """What it is shown, what it looks for, in which norms, and what that costs."""
    *most, last = [norm.symbol for norm in about.norms]
    norms = f"{', '.join(most)} or {last}" if most else last
    sees, seeks = reference.sees(about), reference.SEEKS[about.objective]
    return (
        f"The attacker sees {sees} and looks for {seeks} in {norms}, with a target or without. "
        f"With the usual parameters a picture costs at most {about.cost}."
    )


def _setting(setting: Setting) -> str:
    """A parameter: its two names, what it is, and which values it may have."""
    here = "" if setting.offered == setting.default else f", here {setting.offered} to begin with"
    values = f"Usually {setting.default}{here}; {setting.limits}."
    return (
        f"<dt>{escape(setting.title)} <code>{escape(setting.name)}</code></dt>"
        f"<dd>{escape(setting.about)} <span>{escape(values)}</span></dd>"
    )
