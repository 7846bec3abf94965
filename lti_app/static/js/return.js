// Looks again by itself when a person comes back from the tab that a page of ours opened, e.g. for the LMS's consent.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  let isAway = false;

  document.body.addEventListener("submit", (event) => {
    if (event.target.target === "_blank") isAway = true;
  });

  // Only after leaving: else the first click into the frame, which gives it the focus, would swap the page under it.
  function look() {
    const again = document.querySelector("[data-on-return]");
    if (isAway && again && !document.hidden) again.click();
  }

  document.addEventListener("visibilitychange", look);
  window.addEventListener("focus", look);
});
