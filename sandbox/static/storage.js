// LTI Platform Storage: keeps small values for each tool's own origin, for as long as this page is open.
// As Canvas has it: 500 keys and 4096 characters for each tool, a message_id on every message. Whoever asks
// with the name of this frame gets the answer here; the page around answers for the target "_parent".
(() => {
  const KEYS = 500;
  const CHARACTERS = 4096;
  const values = new Map();
  const refuse = (code, message) => ({ error: { code, message } });
  const own = (origin) => {
    if (!values.has(origin)) values.set(origin, new Map());
    return values.get(origin);
  };
  const size = (kept) => [...kept].reduce((sum, [key, value]) => sum + key.length + value.length, 0);

  const put = (origin, { key, value }) => {
    const kept = own(origin);
    if (!value) {
      kept.delete(key);
      return { key };
    }
    if (typeof value !== "string") return refuse("bad_request", "value must be a text");
    const others = new Map([...kept].filter(([name]) => name !== key));
    if (others.size >= KEYS) return refuse("storage_exhaustion", "Reached key limit for tool");
    if (size(others) + key.length + value.length > CHARACTERS) {
      return refuse("storage_exhaustion", "Reached byte limit for tool");
    }
    kept.set(key, value);
    return { key, value };
  };
  const get = (origin, { key }) => ({ key, value: own(origin).get(key) ?? null });
  const answers = { "lti.put_data": put, "lti.get_data": get };

  // for this page's own frame script too: same origin, same values
  window.ltiStorage = (origin, asked) => {
    const answer = answers[asked.subject];
    if (!answer) return refuse("unsupported_subject");
    if (typeof asked.key !== "string" || !asked.key) return refuse("bad_request", "Missing required 'key' field");
    if (!asked.message_id) return refuse("bad_request", "Missing required 'message_id' field");
    return answer(origin, asked);
  };

  window.addEventListener("message", (event) => {
    const asked = event.data;
    if (!asked || !answers[asked.subject] || !event.source || event.origin === "null") return;
    const subject = `${asked.subject}.response`;
    const reply = { subject, message_id: asked.message_id, ...window.ltiStorage(event.origin, asked) };
    event.source.postMessage(reply, event.origin);
  });
})();
