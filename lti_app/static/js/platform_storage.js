// Shows that the browser that ends a launch is the one that began it, where cookies are blocked: the LMS keeps a value for us.
// LTI Client Side postMessages and Platform Storage (1EdTech lti-cs-pm, lti-pm-s). The value is compared on our server.
"use strict";

(() => {
  const PATIENCE = 1500; // ms; an LMS without Platform Storage (Canvas's phone apps) never answers
  const PROBE = "__Host-lti_probe";

  // The window that keeps values: a sibling frame of ours by name, else the page around us.
  function keeper(name) {
    const around = window.parent !== window ? window.parent : window.opener;
    if (!around) return null;
    if (name === "_parent") return around;
    try {
      return around.frames[name] || around;
    } catch {
      return around;
    }
  }

  function ask(place, message) {
    const { origin, frame } = place.dataset;
    const to = keeper(frame);
    const id = crypto.randomUUID();
    return new Promise((resolve, reject) => {
      if (!to) {
        reject(new Error("no window around us"));
        return;
      }
      const tired = setTimeout(() => end(reject, new Error("no answer")), PATIENCE);
      function end(settle, value) {
        clearTimeout(tired);
        window.removeEventListener("message", hear);
        settle(value);
      }
      function hear({ data, origin: from }) {
        const isOurs = data && data.message_id === id && data.subject === `${message.subject}.response`;
        if (from !== origin || !isOurs) return;
        if (data.error) end(reject, new Error("refused"));
        else end(resolve, data);
      }
      window.addEventListener("message", hear);
      to.postMessage({ ...message, message_id: id }, origin);
    });
  }

  function keepsCookies() {
    document.cookie = `${PROBE}=1; Secure; SameSite=None; Partitioned; Path=/; Max-Age=60`;
    return document.cookie.includes(PROBE);
  }

  function offerOwnTab(place) {
    place.querySelector("[data-own-tab]").hidden = false;
  }

  async function begin(place) {
    const link = place.querySelector("[data-go-on]");
    const { frame, key, value } = place.dataset;
    if (!frame) {
      location.replace(link.href); // a tab of its own: nothing around us to ask, and its cookies are kept
      return;
    }
    const isKept = await ask(place, { subject: "lti.put_data", key, value }).then(() => true, () => false);
    if (isKept || keepsCookies()) {
      location.replace(link.href);
      return;
    }
    link.hidden = true;
    offerOwnTab(place);
  }

  async function prove(place) {
    const form = place.querySelector("form[data-go-on]");
    const { key } = place.dataset;
    place.querySelector("[data-own-tab]").hidden = true;
    const value = await ask(place, { subject: "lti.get_data", key }).then((data) => data.value, () => null);
    if (!value) {
      offerOwnTab(place);
      return;
    }
    ask(place, { subject: "lti.put_data", key, value: null }).catch(() => {});
    form.elements.binding.value = value;
    form.submit();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const place = document.querySelector("[data-launch]");
    if (!place) return;
    if (place.dataset.launch === "begin") begin(place);
    else prove(place);
  });
})();
