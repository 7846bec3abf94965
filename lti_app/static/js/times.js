// Puts times into the reader's own zone: "9:10 AM" today, "Tue 9:10 AM" within six days, else "Oct 12, 9:10 AM".
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  function local(at) {
    const time = { hour: "numeric", minute: "2-digit" };
    const midnight = new Date().setHours(0, 0, 0, 0);
    const days = (midnight - new Date(at).setHours(0, 0, 0, 0)) / 86400000;
    if (days === 0) return at.toLocaleTimeString(document.documentElement.lang, time);
    const day = days > 0 && days < 6 ? { weekday: "short" } : { month: "short", day: "numeric" };
    return at.toLocaleString(document.documentElement.lang, { ...day, ...time });
  }

  function show() {
    for (const element of document.querySelectorAll("time[data-local]")) {
      element.textContent = local(new Date(element.dateTime));
      element.removeAttribute("data-local");
    }
  }

  show();
  document.body.addEventListener("htmx:afterSettle", show);
});
