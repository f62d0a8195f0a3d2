// Pictures with a map over each. The handle is drawn here: nobody asks the server while it is dragged.

function panel(data) {
  const figure = document.createElement("figure");
  const frame = document.createElement("div");
  frame.className = data.small ? "frame small" : "frame";
  for (const [name, source, alt] of [["base", data.base, data.alt], ["heat", data.heat, ""]]) {
    const image = document.createElement("img");
    image.className = name;
    image.src = source;
    image.alt = alt;
    frame.append(image);
  }
  const tag = document.createElement("span");
  tag.className = `tag ${data.kind}`;
  tag.textContent = data.tag;
  frame.append(tag);
  const caption = document.createElement("figcaption");
  const title = document.createElement("b");
  title.textContent = data.title;
  caption.append(title, document.createTextNode(data.note ? ` ${data.note}` : ""));
  figure.append(frame, caption);
  return figure;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".overlay");
  const panels = root.querySelector(".panels");
  const range = root.querySelector("input");
  if (root.dataset.strength === undefined) root.dataset.strength = String(data.strength);
  if (root.dataset.id !== data.id) {
    root.dataset.id = data.id;
    panels.dataset.count = String(data.panels.length);
    panels.replaceChildren(...data.panels.map(panel));
    root.querySelector(".scale i").style.background = data.gradient;
    root.querySelector(".low").textContent = data.low;
    root.querySelector(".high").textContent = data.high;
  }
  const draw = () => {
    const strength = Number(root.dataset.strength);
    range.value = String(strength);
    root.querySelector("output").textContent = `${strength}%`;
    panels.querySelectorAll(".heat").forEach((image) => { image.style.opacity = String(strength / 100); });
    // Under a map the picture is grey, so that all colours are the map's.
    panels.querySelectorAll(".base").forEach((image) => { image.style.filter = strength > 0 ? "grayscale(1)" : "none"; });
  };
  range.oninput = () => {
    root.dataset.strength = range.value;
    draw();
  };
  draw();
}
