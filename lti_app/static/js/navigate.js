// Moving between pages inside the frame: focus goes to the new place, and an answer that is no page never empties this one.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const body = document.body;
  const trouble = document.getElementById("trouble");

  function say(text) {
    trouble.textContent = text;
    trouble.hidden = text === "";
  }

  body.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    const isPage = xhr.responseText.includes('id="page"');
    if (target.id === "page" ? isPage : xhr.status < 400) {
      say("");
      return;
    }
    if (isPage && xhr.status < 500) {
      // A part of the page was asked for and a whole one came: signed out, or not allowed. It says so itself.
      Object.assign(event.detail, {
        target: document.getElementById("page"),
        selectOverride: "#page",
        swapOverride: "outerHTML",
      });
      return;
    }
    event.detail.shouldSwap = false;
    say(body.dataset.noAnswer);
  });
  body.addEventListener("htmx:sendError", () => say(body.dataset.noAnswer));
  body.addEventListener("htmx:timeout", () => say(body.dataset.noAnswer));

  // Which page is it that has just come: its h1, or the panel that was asked for.
  body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id !== "page" && event.detail.elt.id !== "page") return;
    const place = document.querySelector("[data-focus]") || document.querySelector("#page h1");
    if (!place) return;
    window.scrollTo(0, 0);
    place.focus();
  });
});
