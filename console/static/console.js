"use strict";
// Everything works without this; it only saves clicks.

// One click is enough: the second one of a double click goes nowhere.
document.addEventListener("submit", (event) => {
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
  setTimeout(() => { delete event.target.dataset.sent; }, 5000);
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; });
});

// "All on this page"
document.querySelectorAll("[data-all]").forEach((box) => {
  box.closest("[hidden]")?.removeAttribute("hidden");
  box.addEventListener("change", () => {
    document.querySelectorAll(`input[name="${box.dataset.all}"]`).forEach((one) => { one.checked = box.checked; });
  });
});

// A choice that sends its form at once; without scripts there is a button.
document.querySelectorAll("select[data-send]").forEach((list) => {
  list.addEventListener("change", () => list.form.requestSubmit());
});

// On a narrow screen the menu is longer than the screen: show where one is.
document.querySelector(".menu [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// In a grid, the arrow keys go from day to day.
document.querySelectorAll("[data-grid]").forEach((grid) => {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest("a")?.closest("td, th");
    const way = step[event.key];
    if (!cell || !way) return;
    let row = cell.parentElement.rowIndex + way[0];
    let column = cell.cellIndex + way[1];
    while (grid.rows[row]?.cells[column]) {
      const link = grid.rows[row].cells[column].querySelector("a");
      if (link) { event.preventDefault(); link.focus(); return; }
      row += way[0]; column += way[1];
    }
  });
});
