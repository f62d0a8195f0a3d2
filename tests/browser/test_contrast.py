"""Every text on every page has a contrast of at least 4.5 to 1, as the browser computes its colours."""

import pytest

from tests.browser.support import LONG, settle

pytestmark = pytest.mark.browser
LINK = "/lab?v=1&image=sample:coffee&attack=pgd&norm=linf&eps=2&steps=8&seed=0&run=1"
PAGES = {
    "home": ("/", ".hero"),
    "models": ("/models", ".models"),
    "compare": ("/compare", ".st-key-c-run"),
    "lab": (LINK, ".numbers"),
    "complaint": (LINK.replace("steps=8", "steps=0"), "[data-testid=stAlert]"),
    "boundary": ("/boundary?v=1&image=sample:stop&model=signs_standard&p.across=sign&p.lines=41", ".st-key-p-files"),
    "explain": ("/explain?v=1&image=sample:stop&model=signs_standard", ".overlay figure"),
    "blackbox": ("/blackbox?v=1&image=sample:stop&model=signs_standard", ".st-key-b-run"),
    "defend": ("/defend", ".st-key-d-run"),
    "present": (LINK.replace("run=1", "view=present&run=1"), ".three"),
}
# WCAG 2's contrast of each visible text with what lies behind it, shadow roots and opacity included. What is disabled
# is exempt there; a slider's number is drawn above its own thumb, where the tree does not show the ground.
FAINT = """() => {
  const linear = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const luminance = (c) => 0.2126 * linear(c[0]) + 0.7152 * linear(c[1]) + 0.0722 * linear(c[2]);
  const parse = (text) => {
    const srgb = text.match(/color\\(srgb ([^)]*)\\)/);
    const n = (srgb ? srgb[1] : text).match(/[\\d.e-]+/g).map(Number);
    return srgb ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1];
  };
  const over = (a, b) => [0, 1, 2].map((k) => a[k] * a[3] + b[k] * (1 - a[3]));
  const parent = (e) => e.parentElement ?? e.getRootNode().host ?? null;
  const ground = (e) => {
    const layers = [];
    for (let p = e; p; p = parent(p)) {
      const c = parse(getComputedStyle(p).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] >= 1) break;
    }
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255]);
  };
  const opacity = (e) => { let o = 1; for (let p = e; p; p = parent(p)) o *= getComputedStyle(p).opacity; return o; };
  const faint = [];
  let seen = 0;
  const walk = (root) => root.querySelectorAll('*').forEach((e) => {
    if (e.shadowRoot) walk(e.shadowRoot);
    const text = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join('');
    const box = e.getBoundingClientRect(), style = getComputedStyle(e), clear = opacity(e);
    if (!text || !box.width || !box.height || style.visibility === 'hidden' || clear === 0) return;
    if (e.closest('[disabled], [aria-disabled=true], [data-testid=stSlider]')) return;
    seen += 1;
    const behind = ground(e), ink = parse(style.color);
    ink[3] *= clear;
    const pair = [luminance(over(ink, behind)), luminance(behind)].sort((a, b) => a - b);
    const contrast = (pair[1] + 0.05) / (pair[0] + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${text.slice(0, 40)}`);
  });
  walk(document);
  return [seen, faint];
}"""
GROUND = "ground => getComputedStyle(document.querySelector('.stApp')).backgroundColor === ground"


@pytest.mark.parametrize("name", PAGES)
def test_every_text_can_be_read(chromium, server, name: str) -> None:
    link, there = PAGES[name]
    page = chromium.new_page(viewport={"width": 1440, "height": 1000}, base_url=server, color_scheme="light")
    page.goto(link)
    page.wait_for_selector(there, timeout=LONG)
    for scheme, ground in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(14, 18, 23)")):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(GROUND, arg=ground, timeout=LONG)
        settle(page)
        page.wait_for_timeout(1000)  # what fades in
        seen, faint = page.evaluate(FAINT)
        assert seen > 10
        assert faint == [], scheme
    page.close()
