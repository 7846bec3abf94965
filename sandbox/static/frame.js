// The page around a tool: tells it what we can do, and gives its frame the height it asks for.
(() => {
  const frame = document.querySelector("[data-tool-frame]");
  const storage = "post_message_forwarding";
  const supported = [
    { subject: "lti.capabilities" },
    { subject: "lti.put_data", frame: storage },
    { subject: "lti.get_data", frame: storage },
    { subject: "lti.frameResize" },
    { subject: "lti.scrollToTop" },
  ];
  window.addEventListener("message", (event) => {
    const asked = event.data;
    if (!frame || event.source !== frame.contentWindow || !asked) return;
    const reply = (rest) =>
      event.source.postMessage({ subject: `${asked.subject}.response`, message_id: asked.message_id, ...rest }, event.origin);
    if (asked.subject === "lti.capabilities") reply({ supported_messages: supported });
    if (asked.subject === "lti.frameResize" && Number(asked.height) > 0) {
      frame.style.height = `${Math.min(Number(asked.height), 20000)}px`;
      reply({});
    }
    if (asked.subject === "lti.scrollToTop") {
      frame.scrollIntoView();
      reply({});
    }
  });
})();
