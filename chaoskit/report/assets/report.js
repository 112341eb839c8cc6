"use strict";
// Hover (or the arrow keys) reads the numbers of one bin across every chart of a run. Without it nothing is lost but that.
for (const charts of document.querySelectorAll(".charts")) {
  const data = JSON.parse(charts.querySelector("script").textContent);
  const areas = [...charts.querySelectorAll(".area, .track")];
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  let bin = -1;

  const moment = () => {
    const t = bin * data.width;
    const utc = data.utc === null ? "" : "  " + new Date(data.utc + t * 1000).toISOString().slice(11, 23) + " UTC";
    return "T+" + t.toFixed(data.digits) + " s" + utc;
  };
  const row = ([name, values]) => {
    const line = document.createElement("div");
    for (const text of [name, values[bin] === null ? "-" : values[bin]]) {
      line.append(Object.assign(document.createElement("span"), { textContent: text }));
    }
    return line;
  };
  const show = (x, y) => {
    tip.replaceChildren(Object.assign(document.createElement("b"), { textContent: moment() }), ...data.series.map(row));
    document.body.append(tip);
    const left = x + 16 + tip.offsetWidth > innerWidth ? x - 16 - tip.offsetWidth : x + 16;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.max(4, Math.min(y + 12, innerHeight - tip.offsetHeight - 4)) + "px";
    for (const area of areas) {
      let cursor = area.querySelector(".cursor");
      if (!cursor) area.append((cursor = Object.assign(document.createElement("div"), { className: "cursor" })));
      cursor.style.left = (100 * (bin + 0.5) * data.width) / data.length + "%";
    }
  };
  const hide = () => {
    tip.remove();
    for (const cursor of charts.querySelectorAll(".cursor")) cursor.remove();
    bin = -1;
  };
  const last = data.count - 1;
  charts.addEventListener("pointermove", (event) => {
    const box = areas[0].getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * data.length;
    if (at < 0 || at > data.length) return hide();
    bin = Math.min(last, Math.floor(at / data.width));
    show(event.clientX, event.clientY);
  });
  charts.addEventListener("pointerleave", hide);
  charts.addEventListener("blur", hide);
  charts.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === "Escape") return hide();
    if (!step) return;
    event.preventDefault();
    bin = Math.max(0, Math.min(last, bin + step));
    const box = areas[0].getBoundingClientRect();
    show(box.left + (box.width * (bin + 0.5) * data.width) / data.length, Math.max(0, box.top));
  });
}
