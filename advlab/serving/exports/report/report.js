"use strict";
// The handle: dragging anywhere on the picture, and arrow keys on the slider that lies over it.
for (const figure of document.querySelectorAll(".swipe")) {
  const slider = figure.querySelector("input");
  const frames = figure.querySelector(".frames");
  const put = (percent) => frames.style.setProperty("--at", percent + "%");
  const drag = (event) => {
    const box = frames.getBoundingClientRect();
    const percent = Math.min(100, Math.max(0, (100 * (event.clientX - box.left)) / box.width));
    slider.value = percent; // goes to the nearest step; the handle itself stays under the pointer
    put(percent);
  };
  figure.classList.add("ready");
  slider.addEventListener("input", () => put(slider.value));
  frames.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    slider.focus({ focusVisible: false });
    frames.setPointerCapture(event.pointerId);
    drag(event);
  });
  frames.addEventListener("pointermove", (event) => {
    if (frames.hasPointerCapture(event.pointerId)) drag(event);
  });
}
