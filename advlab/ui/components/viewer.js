// Two pictures and what lies between them. Whatever is dragged is drawn here, without asking the server.

const TITLES = {
  swipe: "Swipe", pair: "Side by side", change: "Change", blink: "Blink", steps: "Steps",
  strength: "Drag ε",
};
const KINDS = {
  colour: "Colour", sign: "Sign", red: "Red", green: "Green", blue: "Blue", magnitude: "Magnitude",
  spectrum: "Spectrum",
};
const HINTS = {
  colour: "Grey is no change.",
  sign: "Only the direction of each change, for each colour channel.",
  red: "Red channel: orange is more, blue is less, white is no change.",
  green: "Green channel: orange is more, blue is less, white is no change.",
  blue: "Blue channel: orange is more, blue is less, white is no change.",
  magnitude: "How much each pixel changed: dark is nothing, yellow much.",
  spectrum: "Fourier spectrum of the change: coarse patterns in the middle, fine ones at the rim.",
};
const SIGNED = [[0, 114, 178], [255, 255, 255], [230, 120, 10]];
const MAGNITUDE = [[0, 32, 77], [66, 78, 108], [124, 123, 120], [187, 175, 113], [255, 233, 69]];

const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
// Never 100% for what is only nearly sure; as in the rest of the page.
const percent = (share) => (share > 0.999 ? ">99.9%" : share < 0.001 ? "<0.1%" : `${(share * 100).toFixed(1)}%`);

function ramp(stops, share) {
  const place = clamp(share, 0, 1) * (stops.length - 1);
  const first = Math.min(Math.floor(place), stops.length - 2);
  return stops[first].map((value, k) => value + (stops[first + 1][k] - value) * (place - first));
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

async function pixels(source) {
  const blob = await (await fetch(source)).blob();
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
  const canvas = element("canvas", { width: bitmap.width, height: bitmap.height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

class Viewer {
  constructor(root) {
    this.root = root;
    for (const name of ["tabs", "frame", "under", "over", "left", "right", "line", "knob", "wait", "tools", "caption", "more"]) {
      this[name] = root.querySelector(`.${name}`);
    }
    this.place = 50;
    this.kind = "colour";
    this.multiple = 1;
    this.step = null;
    this.images = {};
    const move = (event) => {
      const box = this.frame.getBoundingClientRect();
      this.slide(((event.clientX - box.left) / box.width) * 100);
    };
    this.frame.onpointerdown = (event) => {
      if (this.mode !== "swipe") return;
      this.frame.setPointerCapture(event.pointerId);
      this.frame.onpointermove = move;
      move(event);
      this.knob.focus({ preventScroll: true });
    };
    // Else the press would take the focus away from the handle again.
    this.frame.onmousedown = (event) => { if (this.mode === "swipe") event.preventDefault(); };
    this.frame.onpointerup = this.frame.onpointercancel = () => { this.frame.onpointermove = null; };
    this.knob.onkeydown = (event) => {
      const by = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageUp: 10, PageDown: -10 }[event.key];
      const to = { Home: 0, End: 100 }[event.key] ?? (by === undefined ? undefined : this.place + by);
      if (to === undefined) return;
      event.preventDefault();
      this.slide(to);
    };
    root.onkeydown = (event) => {
      const typing = event.target.matches?.("input");
      if (event.key === "b" && !typing && this.data.views.includes("blink")) this.choose("blink");
    };
  }

  // New data from the server: another result, or what a view had asked for.
  async update(data, report) {
    this.data = data;
    this.report = report;
    this.root.classList.toggle("small", data.small);
    this.root.classList.toggle("stage", data.stage);
    if (!data.views.includes(this.mode) || this.arrivals !== data.arrivals) this.mode = data.view;
    this.arrivals = data.arrivals;
    if (data.id !== this.id) {
      this.id = data.id;
      this.multiple = 1;
      this.step = null;
      this.gain = data.gain;
      const [clean, adversarial] = await Promise.all([pixels(data.clean), pixels(data.adversarial)]);
      if (this.id !== data.id) return;
      this.images = { clean, adversarial };
    }
    for (const name of ["spectrum", "film"]) {
      const source = this.data[name]?.source ?? null;
      if (source && this.images[`${name} source`] !== source) {
        const image = await pixels(source);
        if (this.id !== data.id) return;
        this.images[name] = image;
        this.images[`${name} source`] = source;
      }
    }
    if (this.images.clean) this.show();
  }

  choose(mode) {
    this.mode = mode;
    this.show();
    this.report.view(mode);
  }

  show() {
    this.stop();
    const { views } = this.data;
    // Buttons that are there already stay, so that the keyboard's focus is not lost.
    if (this.tabs.dataset.views !== views.join()) {
      this.tabs.dataset.views = views.join();
      this.tabs.replaceChildren(
        ...(views.length > 1 ? views : []).map((mode) => {
          const button = element("button", { type: "button", textContent: TITLES[mode] });
          button.dataset.view = mode;
          button.onclick = () => this.choose(mode);
          return button;
        }),
      );
    }
    for (const button of this.tabs.children) button.setAttribute("aria-pressed", String(button.dataset.view === this.mode));
    const missing = (this.mode === "steps" && !this.data.film) || (this.mode === "strength" && !this.data.line);
    this.wait.hidden = !missing;
    this.root.classList.remove(...Object.keys(TITLES));
    this.root.classList.add(this.mode);
    this.over.hidden = this.mode !== "swipe" && this.mode !== "pair";
    this.over.style.display = this.over.hidden ? "none" : "";
    this.over.style.clipPath = "";
    this.label("", "");
    this.say("");
    if (this.shown !== this.mode) {
      this.tools.replaceChildren();
      this.more.replaceChildren();
    }
    const fresh = this.shown !== this.mode || this.tools.childElementCount === 0;
    this.shown = this.mode;
    if (missing) this.paint(this.under, this.images.adversarial);
    else this[this.mode](fresh);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  paint(canvas, image, alt = "") {
    if (canvas.width !== image.width || canvas.height !== image.height) {
      canvas.width = image.width;
      canvas.height = image.height;
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    canvas.setAttribute("aria-label", alt);
  }

  label(left, right) {
    for (const [tag, text, kind] of [[this.left, left, "clean"], [this.right, right, this.data.kind]]) {
      tag.textContent = text;
      tag.className = `tag ${tag === this.left ? "left" : "right"} ${kind}`;
    }
  }

  say(...parts) {
    this.caption.replaceChildren(...parts);
  }

  // --- the views -----------------------------------------------------------------------------------

  swipe() {
    const { data, images } = this;
    this.paint(this.under, images.adversarial, `After the attack: the model says ${data.adversarialTag}`);
    this.paint(this.over, images.clean, `Clean: the model says ${data.cleanTag}`);
    this.label(data.cleanTag, data.adversarialTag);
    this.say(data.caption);
    this.slide(this.place);
  }

  slide(place) {
    this.place = clamp(place, 0, 100);
    this.over.style.clipPath = `inset(0 ${100 - this.place}% 0 0)`;
    this.line.style.left = this.knob.style.left = `${this.place}%`;
    this.left.style.opacity = this.place < 8 ? 0 : 1;
    this.right.style.opacity = this.place > 92 ? 0 : 1;
    this.knob.setAttribute("aria-valuenow", Math.round(this.place));
    this.knob.setAttribute("aria-valuetext", `${Math.round(this.place)}% clean`);
  }

  pair() {
    const { data, images } = this;
    this.left.style.opacity = this.right.style.opacity = 1;
    this.paint(this.under, images.clean, `Clean: the model says ${data.cleanTag}`);
    this.paint(this.over, images.adversarial, `After the attack: the model says ${data.adversarialTag}`);
    this.label(data.cleanTag, data.adversarialTag);
    this.say(data.caption);
  }

  change(fresh) {
    if (fresh) {
      const kinds = Object.keys(KINDS).filter((kind) => this.data.colour || !["red", "green", "blue"].includes(kind));
      this.gainText = element("span");
      this.gainInput = element("input", { type: "range", min: 1, max: 50, step: 1, ariaLabel: "Magnification" });
      this.gainInput.oninput = () => { this.gain = Number(this.gainInput.value); this.drawChange(); };
      this.tools.replaceChildren(
        ...kinds.map((kind) => {
          const button = element("button", { type: "button", textContent: KINDS[kind] });
          button.dataset.kind = kind;
          button.onclick = () => { this.kind = kind; this.drawChange(); };
          return button;
        }),
        element("label", { className: "row" }, "Magnified", this.gainInput, this.gainText),
      );
    }
    this.gainInput.value = this.gain;
    this.drawChange();
  }

  drawChange() {
    const { kind, gain } = this;
    this.tools.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.kind === kind)));
    const magnified = kind !== "sign" && kind !== "spectrum";
    this.gainInput.disabled = !magnified;
    this.gainText.textContent = `× ${gain}`;
    this.label("", magnified ? `× ${gain}` : KINDS[kind]);
    this.right.className = "tag right";
    this.right.style.opacity = 1;
    const image = kind === "spectrum" ? this.images.spectrum : this.changed(this.images.adversarial, kind, gain);
    if (image) this.paint(this.under, image, `What was added, ${KINDS[kind]}`);
    this.say(`${HINTS[kind]} ${magnified ? `The real change is ${gain} times fainter.` : ""}`);
  }

  changed(after, kind, gain) {
    const { clean } = this.images;
    const image = new ImageData(clean.width, clean.height);
    const from = clean.data, to = after.data, out = image.data;
    const channel = { red: 0, green: 1, blue: 2 }[kind];
    for (let i = 0; i < out.length; i += 4) {
      const d = [to[i] - from[i], to[i + 1] - from[i + 1], to[i + 2] - from[i + 2]];
      let colour;
      if (kind === "colour") colour = d.map((value) => 128 + value * gain);
      else if (kind === "sign") colour = d.map((value) => 128 + 127 * Math.sign(value));
      else if (kind === "magnitude") colour = ramp(MAGNITUDE, (Math.max(...d.map(Math.abs)) * gain) / 128);
      else colour = ramp(SIGNED, 0.5 + (d[channel] * gain) / 256);
      out.set([...colour, 255], i);
    }
    return image;
  }

  blink() {
    const { data, images } = this;
    this.blinked = false;
    const draw = () => {
      this.paint(this.under, this.blinked ? images.adversarial : images.clean, "");
      this.label(this.blinked ? "" : data.cleanTag, this.blinked ? data.adversarialTag : "");
      this.left.style.opacity = this.right.style.opacity = 1;
    };
    const turn = () => { this.blinked = !this.blinked; draw(); };
    const play = element("button", { type: "button" });
    const label = () => { play.textContent = this.timer ? "Pause" : "Play"; };
    // Slower than three times a second, so that nobody's eyes are hurt.
    const start = () => { this.timer = setInterval(turn, 700); };
    play.onclick = () => { if (this.timer) this.stop(); else start(); label(); };
    this.tools.replaceChildren(play, element("button", { type: "button", textContent: "Switch", onclick: turn }));
    if (!still()) start();
    label();
    draw();
    this.say("Clean and adversarial in turn, in the same place: what moves is what was changed.");
  }

  steps(fresh) {
    const { film } = this.data;
    const last = film.steps.length - 1;
    this.step = clamp(this.step ?? last, 0, last);
    if (fresh || this.filmed !== this.id) {
      this.filmed = this.id;
      this.stepInput = element("input", { type: "range", min: 0, max: last, step: 1, ariaLabel: "Step" });
      this.stepInput.oninput = () => { this.halt(); this.seek(Number(this.stepInput.value)); };
      this.playButton = element("button", { type: "button", textContent: "Play" });
      this.playButton.onclick = () => (this.timer ? this.halt() : this.play());
      const by = (n, text, name) => {
        const button = element("button", { type: "button", textContent: text, ariaLabel: name });
        button.onclick = () => { this.halt(); this.seek(this.step + n); };
        return button;
      };
      this.changeTick = element("input", { type: "checkbox", checked: this.showChange ?? false });
      this.changeTick.onchange = () => { this.showChange = this.changeTick.checked; this.seek(this.step); };
      this.tools.replaceChildren(
        this.playButton, by(-1, "‹", "Previous step"), by(1, "›", "Next step"),
        element("label", {}, this.stepInput),
        element("label", { className: "tick" }, this.changeTick, "Show the change"),
      );
      this.more.replaceChildren(...this.curve());
    }
    this.playButton.textContent = "Play";
    this.seek(this.step);
  }

  play() {
    if (this.step >= this.data.film.steps.length - 1) this.seek(0);
    this.playButton.textContent = "Pause";
    this.timer = setInterval(() => {
      this.seek(this.step + 1);
      if (this.step >= this.data.film.steps.length - 1) this.halt();
    }, 220);
  }

  halt() {
    this.stop();
    this.playButton.textContent = "Play";
  }

  seek(step) {
    const { film, width, height } = this.data;
    this.step = clamp(step, 0, film.steps.length - 1);
    this.stepInput.value = this.step;
    const { clean } = this.images, sprite = this.images.film;
    const frame = new ImageData(width, height);
    const begin = this.step * width * height * 4;
    // Frames are stored as differences, wrapped at 256: they are small, and exact.
    for (let i = 0; i < frame.data.length; i += 4) {
      for (let k = 0; k < 3; k += 1) frame.data[i + k] = (clean.data[i + k] + sprite.data[begin + i + k]) & 255;
      frame.data[i + 3] = 255;
    }
    const number = film.steps[this.step];
    const shown = this.showChange ? this.changed(frame, "colour", this.gain) : frame;
    this.paint(this.under, shown, `The picture at step ${number}`);
    this.label("", this.showChange ? `× ${this.gain}` : "");
    this.right.className = "tag right";
    this.right.style.opacity = 1;
    const parts = [element("b", { textContent: `Step ${number.toLocaleString("en")} of ${film.total.toLocaleString("en")}` })];
    if (film.own) {
      const { own, rival } = film;
      parts.push(`: ${film.ownLabel} ${percent(own[number - 1])}, strongest other class ${percent(rival[number - 1])}`);
      const x = this.across(number);
      this.cursor.setAttribute("x1", x);
      this.cursor.setAttribute("x2", x);
    } else parts.push(". The attacker sees no confidence; this is the best picture so far.");
    this.say(...parts);
  }

  across(number) {
    const { total } = this.data.film;
    return total > 1 ? ((number - 1) / (total - 1)) * 600 : 300;
  }

  curve() {
    const { film } = this.data;
    if (!film.own) return [];
    const space = "http://www.w3.org/2000/svg";
    const draw = (name, attributes) => {
      const made = document.createElementNS(space, name);
      Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
      return made;
    };
    const path = (values) => values.map((v, k) => `${this.across(k + 1).toFixed(1)},${(92 - v * 88).toFixed(1)}`).join(" ");
    const svg = draw("svg", { class: "curve", viewBox: "0 0 600 96", preserveAspectRatio: "none", role: "img",
      "aria-label": `Confidence at each step, from ${percent(film.own[0])} to ${percent(film.own[film.total - 1])} for ${film.ownLabel}` });
    this.cursor = draw("line", { class: "cursor", y1: 0, y2: 96 });
    svg.append(
      draw("line", { class: "grid", x1: 0, x2: 600, y1: 4, y2: 4 }), draw("line", { class: "grid", x1: 0, x2: 600, y1: 92, y2: 92 }),
      draw("polyline", { class: film.targeted ? "goal" : "own", points: path(film.own) }),
      draw("polyline", { class: film.targeted ? "other" : "rival", points: path(film.rival) }),
      this.cursor,
    );
    svg.onpointerdown = (event) => {
      const box = svg.getBoundingClientRect();
      const wanted = 1 + ((event.clientX - box.left) / box.width) * (film.total - 1);
      const distances = film.steps.map((step) => Math.abs(step - wanted));
      this.halt();
      this.seek(distances.indexOf(Math.min(...distances)));
    };
    return [svg];
  }

  strength(fresh) {
    const { line } = this.data;
    if (fresh || this.lined !== this.id) {
      this.lined = this.id;
      this.sizeText = element("span");
      this.strengthInput = element("input", { type: "range", min: 0, max: line.furthest, step: 0.01, ariaLabel: "Size of the change" });
      this.strengthInput.oninput = () => { this.multiple = Number(this.strengthInput.value); this.drawStrength(); };
      this.strengthInput.onchange = () => this.report.released(this.multiple);
      this.bars = line.labels.map((text, k) => {
        const role = k === 0 ? "clean" : text === line.target ? "target" : text === line.adversarial ? "adversarial" : "";
        return [element("span", { textContent: text, title: text }), element("i", { className: role }), element("em")];
      });
      this.tools.replaceChildren(element("label", {}, "ε", this.strengthInput, this.sizeText));
      const rows = this.bars.flatMap(([name, bar, value]) => [name, element("div", {}, bar), value]);
      this.more.replaceChildren(element("div", { className: "bars" }, ...rows));
    }
    this.drawStrength();
  }

  size(multiple) {
    const { line } = this.data;
    const value = line.size * multiple;
    return line.unit === 255 ? `${(value * 255).toFixed(2)}/255` : value.toPrecision(3);
  }

  drawStrength() {
    const { line } = this.data, { clean, adversarial } = this.images, t = this.multiple;
    this.strengthInput.value = t;
    const image = new ImageData(clean.width, clean.height);
    for (let i = 0; i < image.data.length; i += 1) {
      image.data[i] = clean.data[i] + t * (adversarial.data[i] - clean.data[i]); // clamped and rounded by the array
    }
    const place = (t / line.furthest) * (line.shares.length - 1);
    const first = Math.min(Math.floor(place), line.shares.length - 2), part = place - first;
    const shares = line.labels.map((_, k) => line.shares[first][k] * (1 - part) + line.shares[first + 1][k] * part);
    const { checked } = line;
    const exact = checked && Math.abs(checked.multiple - t) < 0.006;
    if (exact) checked.shares.forEach((share, k) => { shares[k] = share; });
    const best = shares.indexOf(Math.max(...shares));
    this.bars.forEach(([, bar, value], k) => {
      bar.style.width = `${shares[k] * 100}%`;
      value.textContent = percent(shares[k]);
    });
    const size = this.size(t);
    this.sizeText.textContent = size;
    this.strengthInput.setAttribute("aria-valuetext", `${size}: ${line.labels[best]} ${percent(shares[best])}`);
    this.paint(this.under, image, `The change at ${size}: the model says ${line.labels[best]}`);
    const pill = `${line.labels[best]} ${percent(shares[best])}`;
    this.label(best === 0 ? pill : "", best === 0 ? "" : pill);
    this.left.style.opacity = this.right.style.opacity = 1;
    const parts = [];
    if (exact) {
      parts.push("✓ Asked of the model at ", element("b", { textContent: this.size(checked.multiple) }), `: ${checked.exact}. `,
        `A file holds whole steps of 1/255 only: saved, it would be ${checked.saved}.`);
    } else if (line.flip !== null) {
      parts.push("The answer changes at about ", element("b", { textContent: this.size(line.flip) }), ". Let go, and the model is asked exactly there.");
    } else parts.push("Along this line the answer does not change. Let go, and the model is asked exactly there.");
    this.say(...parts);
  }
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".viewer");
  root.viewer ??= new Viewer(root);
  root.viewer.update(data, {
    view: (mode) => setStateValue("view", mode),
    released: (multiple) => setTriggerValue("released", multiple),
  });
  return () => root.viewer.stop();
}
