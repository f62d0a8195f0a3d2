// A table of pictures. Cells that are there already stay, so that the keyboard's focus is not lost while others arrive.

function element(name, kind, text) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  if (text) made.textContent = text;
  return made;
}

function cell(data, label) {
  if (!data) {
    const empty = element("div", "empty");
    empty.append(element("i"), element("span", "", "…"));
    return empty;
  }
  const button = element("button", data.kind);
  button.type = "button";
  button.dataset.cell = data.ref;
  button.setAttribute("aria-label", `${label}: ${data.word}, ${data.label} ${data.share}. Open it.`);
  const image = element("img", data.small ? "small" : "");
  image.src = data.source;
  image.alt = "";
  const says = element("span", "says");
  says.append(element("b", "", `${data.sign} ${data.label}`), element("span", "share", data.share));
  button.append(image, says);
  return button;
}

function row(data, columns) {
  const line = element("div", "row");
  line.setAttribute("role", "group");
  line.setAttribute("aria-label", data.title);
  const name = element("span", "name", data.title);
  name.append(element("small", "", data.cost));
  line.append(name);
  if (data.problem) {
    line.append(element("span", "problem", data.problem));
    return line;
  }
  data.cells.forEach((one, place) => line.append(cell(one, `${data.title}, ${columns[place]}`)));
  const end = element("span", `end ${data.end}`);
  end.append(element("b", "", data.word), element("small", "", data.sentence));
  line.append(end);
  return line;
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".matrix");
  const ids = JSON.parse(root.dataset.ids ?? "[]");
  if (root.children.length === 0) {
    const head = element("div", "row head");
    for (const [title, note] of data.head) {
      const one = element("span");
      one.append(element("b", "", title), document.createTextNode(note));
      head.append(one);
    }
    root.append(head);
  }
  data.rows.forEach((one, place) => {
    if (ids[place] === one.id) return;
    const line = row(one, data.columns), old = root.children[place + 1];
    old ? old.replaceWith(line) : root.append(line);
    ids[place] = one.id;
  });
  while (root.children.length > data.rows.length + 1) root.lastChild.remove();
  root.dataset.ids = JSON.stringify(ids.slice(0, data.rows.length));
  root.querySelectorAll("button").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.cell === data.opened));
    button.onclick = () => setTriggerValue("opened", button.dataset.cell);
  });
}
