// The page around a tool: answers the messages that Canvas answers, from the tool's own frame only.
// Source: Canvas doc/api/lti_window_post_message.md; ui/shared/lti/jquery (allowed subjects, error codes).
(() => {
  const frame = document.querySelector("[data-tool-frame]");
  if (!frame) return;
  const storage = "post_message_forwarding";
  const say = (text, role) => {
    const line = document.createElement("p");
    line.setAttribute("role", role);
    line.textContent = text;
    frame.before(line);
  };
  const wish = (event) => event.preventDefault();
  const keep = (asked, event) => window.frames[storage].ltiStorage(event.origin, asked);

  const answers = {
    "lti.capabilities": () => ({ supported_messages: supported }),
    "lti.put_data": keep,
    "lti.get_data": keep,
    "lti.frameResize": ({ height }) => {
      if (!(Number(height) > 0)) return { error: { code: "bad_request", message: "height is missing" } };
      frame.style.height = `${Math.min(Number(height), 20000)}px`;
      return {};
    },
    "lti.fetchWindowSize": () => {
      const { left, top } = frame.getBoundingClientRect();
      const offset = { left: left + window.scrollX, top: top + window.scrollY };
      return { height: window.innerHeight, width: window.innerWidth, offset, footer: 0, scrollY: window.scrollY };
    },
    "lti.scrollToTop": () => (frame.scrollIntoView(), {}),
    "lti.setUnloadMessage": () => (window.addEventListener("beforeunload", wish), {}),
    "lti.removeUnloadMessage": () => (window.removeEventListener("beforeunload", wish), {}),
    "lti.showModuleNavigation": ({ show }) => {
      document.querySelectorAll("[data-module-navigation]").forEach((bar) => (bar.hidden = !show));
      return {};
    },
    "lti.showAlert": ({ body, title }) => (say(`${title || frame.title}: ${String(body)}`, "alert"), {}),
    "lti.screenReaderAlert": ({ body }) => (say(String(body), "status"), {}),
    "lti.getPageSettings": () => ({
      pageSettings: {
        locale: document.documentElement.lang,
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        use_high_contrast: window.matchMedia("(prefers-contrast: more)").matches,
        active_brand_config_json_url: null,
        window_width: window.innerWidth,
      },
    }),
  };
  const supported = Object.keys(answers).map((subject) =>
    subject.endsWith("_data") ? { subject, frame: storage } : { subject },
  );

  // What our own pages say from inside the frame, and how a tool ends its registration.
  const deepLinked = ({ reloadpage, errormsg, msg }) => {
    if (errormsg || msg) say(errormsg || msg, errormsg ? "alert" : "status");
    if (reloadpage && frame.dataset.afterLink) window.location = frame.dataset.afterLink;
  };
  const closed = ["org.imsglobal.lti.close", "lti.close"];

  window.addEventListener("message", (event) => {
    let asked = event.data;
    if (event.source !== frame.contentWindow) return;
    if (typeof asked === "string") {
      try {
        asked = JSON.parse(asked);
      } catch {
        return;
      }
    }
    if (!asked || typeof asked !== "object" || typeof asked.subject !== "string") return;
    if (asked.subject === "LtiDeepLinkingResponse") {
      if (event.origin === window.location.origin) deepLinked(asked);
      return;
    }
    if (closed.includes(asked.subject) && frame.dataset.afterClose) {
      window.location = frame.dataset.afterClose;
      return;
    }
    if (asked.subject.endsWith(".response") || event.origin === "null") return;
    const answer = answers[asked.subject];
    const rest = answer ? answer(asked, event) : { error: { code: "unsupported_subject" } };
    event.source.postMessage({ subject: `${asked.subject}.response`, message_id: asked.message_id, ...rest }, event.origin);
  });
})();
