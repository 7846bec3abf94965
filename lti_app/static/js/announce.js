// Says in the live region what has changed; progress at most each 5 seconds or 10 percent.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const live = document.getElementById("live");
  let saidAt = 0;
  let saidShare = 0;

  function isDue(counts) {
    if (!counts) return true;
    const [done, total] = counts.split("/").map(Number);
    const share = done / total;
    if (Date.now() - saidAt < 5000 && share - saidShare < 0.1) return false;
    saidAt = Date.now();
    saidShare = share;
    return true;
  }

  document.body.addEventListener("htmx:afterSettle", (event) => {
    const holder = document.getElementById(event.detail.target.id) || document.body;
    const news = holder.querySelector("[data-announce]");
    if (!news || news.dataset.announce === live.textContent || !isDue(news.dataset.progress)) return;
    live.textContent = news.dataset.announce;
  });
});
