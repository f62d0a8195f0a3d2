// A strip of pictures: those that come first, the chosen one, people's own; the others on demand.

function make(picture) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.ref = picture.ref;
  button.title = picture.title;
  const image = document.createElement("img");
  image.src = picture.source;
  image.alt = "";
  button.append(image, words("title", picture.title));
  return button;
}

function words(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}

function more() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "more";
  button.append(words("count", ""), words("title", ""));
  return button;
}

// Which are seen while the strip is folded: the chosen one takes the last place if it is not among the first.
function folded(data) {
  const samples = data.pictures.filter((picture) => !picture.own).map((picture) => picture.ref);
  const own = data.pictures.filter((picture) => picture.own).map((picture) => picture.ref);
  // A tile that says there is one more would take that one's place.
  const first = samples.slice(0, samples.length > data.few + 1 ? data.few : samples.length);
  if (samples.includes(data.chosen) && !first.includes(data.chosen)) first.splice(-1, 1, data.chosen);
  return new Set([...first, ...own]);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  strip.classList.toggle("tiny", data.tiny);
  // Buttons that are there already stay, so that the keyboard's focus is not lost.
  const there = new Map([...strip.querySelectorAll("[data-ref]")].map((button) => [button.dataset.ref, button]));
  const wanted = new Set(data.pictures.map((picture) => picture.ref));
  there.forEach((button, ref) => wanted.has(ref) || button.remove());
  const rest = strip.querySelector(".more") ?? strip.appendChild(more());
  const unfold = (open) => {
    strip.classList.toggle("open", open);
    const seen = folded(data), hidden = data.pictures.length - seen.size;
    for (const button of strip.querySelectorAll("[data-ref]")) button.hidden = !open && !seen.has(button.dataset.ref);
    rest.hidden = hidden === 0;
    rest.setAttribute("aria-expanded", String(open));
    rest.querySelector(".count").textContent = open ? "−" : `+${hidden}`;
    rest.querySelector(".title").textContent = open ? "Fewer" : "More";
  };
  let last = null;
  for (const picture of data.pictures) {
    const button = there.get(picture.ref) ?? make(picture);
    // Moved only where the order is another one: to be moved costs a button its focus.
    const next = last ? last.nextElementSibling : strip.firstElementChild;
    if (next !== button) strip.insertBefore(button, next);
    last = button;
    button.setAttribute("aria-pressed", String(picture.ref === data.chosen));
    button.onclick = () => {
      unfold(false);
      button.hidden = false;
      setTriggerValue("picked", picture.ref);
    };
  }
  if (last && last.nextElementSibling !== rest) last.after(rest);
  rest.onclick = () => unfold(!strip.classList.contains("open"));
  unfold(strip.classList.contains("open"));
}
