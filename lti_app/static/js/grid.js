// Makes a table of links a grid: one stop for Tab, arrows, Home, End, Ctrl+Home, Ctrl+End; Enter follows the link as ever.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  function links(table) {
    return Array.from(table.tBodies[0].rows, (row) => Array.from(row.querySelectorAll("td a")));
  }

  function goal(key, isWhole, row, column, rows) {
    const last = rows[row].length - 1;
    const goals = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      Home: [isWhole ? 0 : row, 0],
      End: [isWhole ? rows.length - 1 : row, last],
    };
    const [toRow, toColumn] = goals[key] || [];
    return rows[toRow] && rows[toRow][toColumn];
  }

  function makeGrid(table) {
    const rows = links(table);
    if (!rows.length || !rows[0].length) return;
    table.setAttribute("role", "grid");
    rows.flat().forEach((link) => (link.tabIndex = -1));
    rows[0][0].tabIndex = 0;
    table.addEventListener("keydown", (event) => {
      const row = rows.findIndex((line) => line.includes(event.target));
      if (row < 0) return;
      const next = goal(event.key, event.ctrlKey, row, rows[row].indexOf(event.target), rows);
      if (!next) return;
      event.preventDefault();
      event.target.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    });
    table.addEventListener("focusin", (event) => {
      if (!event.target.matches("td a")) return;
      table.querySelectorAll('td a[tabindex="0"]').forEach((link) => (link.tabIndex = -1));
      event.target.tabIndex = 0;
    });
  }

  function makeAll() {
    document.querySelectorAll("table[data-grid]:not([role])").forEach(makeGrid);
  }

  makeAll();
  document.body.addEventListener("htmx:afterSettle", makeAll);
});
