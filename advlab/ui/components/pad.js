// Paper for a digit: strokes by mouse, finger, pen or keyboard. The server is told after each stroke, as points.

const PEN = 1 / 11; // of the paper's width
const STEP = 1 / 20; // of it, for an arrow key
const LEAST = 0.004; // what is nearer to the last point adds nothing
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const clamp = (value) => Math.min(1, Math.max(0, value));
const short = (value) => Math.round(clamp(value) * 1000) / 1000;

class Pad {
  constructor(root, strokes) {
    this.canvas = root.querySelector("canvas");
    this.undoButton = root.querySelector(".undo");
    this.clearButton = root.querySelector(".clear");
    this.strokes = strokes;
    this.stroke = null; // the one that is being drawn
    this.pen = null; // where the keyboard's pen is, while the keyboard draws
    this.canvas.onpointerdown = (event) => this.down(event);
    this.canvas.onpointermove = (event) => this.move(event);
    this.canvas.onpointerup = this.canvas.onpointercancel = () => this.lift();
    this.canvas.onkeydown = (event) => this.key(event);
    this.canvas.onblur = () => { this.lift(); this.pen = null; this.draw(); };
    this.undoButton.onclick = () => this.undo();
    this.clearButton.onclick = () => this.clear();
    this.draw();
  }

  down(event) {
    if (event.button !== 0) return;
    this.lift();
    this.pen = null;
    this.canvas.setPointerCapture(event.pointerId);
    this.stroke = [];
    this.add(this.place(event));
  }

  move(event) {
    if (!this.stroke || this.pen) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) this.add(this.place(one));
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [short((event.clientX - box.left) / box.width), short((event.clientY - box.top) / box.height)];
  }

  add(point) {
    const last = this.stroke.at(-1);
    if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < LEAST) return;
    this.stroke.push(point);
    this.draw();
  }

  lift() {
    if (!this.stroke) return;
    this.strokes.push(this.stroke);
    this.stroke = null;
    this.draw();
    this.send();
  }

  key(event) {
    const way = ARROWS[event.key];
    if (way) {
      this.pen ??= [0.5, 0.2];
      this.pen = this.pen.map((value, k) => short(value + way[k] * STEP));
      if (this.stroke) this.add(this.pen);
    } else if (event.key === " ") {
      this.pen ??= [0.5, 0.2];
      if (this.stroke) this.lift();
      else { this.stroke = []; this.add(this.pen); }
    } else if (event.key === "Backspace") this.undo();
    else if (event.key === "Delete") this.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  undo() {
    this.stroke = null;
    this.strokes.pop();
    this.draw();
    this.send();
  }

  clear() {
    this.stroke = null;
    this.strokes = [];
    this.draw();
    this.send();
  }

  draw() {
    const side = this.canvas.width, context = this.canvas.getContext("2d");
    context.clearRect(0, 0, side, side);
    context.lineWidth = PEN * side;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "#fff";
    for (const stroke of this.stroke ? [...this.strokes, this.stroke] : this.strokes) {
      context.beginPath();
      context.moveTo(stroke[0][0] * side, stroke[0][1] * side);
      for (const [x, y] of stroke) context.lineTo(x * side, y * side);
      context.stroke();
    }
    if (this.pen) {
      context.lineWidth = 4;
      context.strokeStyle = this.stroke ? "#F08A3C" : "#56B4E9";
      context.beginPath();
      context.arc(this.pen[0] * side, this.pen[1] * side, (PEN * side) / 2 + 3, 0, 2 * Math.PI);
      context.stroke();
    }
    this.undoButton.disabled = this.clearButton.disabled = !this.strokes.length && !this.stroke;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pad");
  // What is on the paper is known here; the server's copy is for a paper that was put away and taken out again.
  root.pad ??= new Pad(root, data.strokes);
  root.pad.send = () => setTriggerValue("drawn", root.pad.strokes);
}
