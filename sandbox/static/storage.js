// LTI Platform Storage: keeps small values for each tool's own origin, for as long as this page is open.
(() => {
  const values = new Map();
  const place = (origin, key) => `${origin} ${key}`;
  const refuse = (code, message) => ({ error: { code, message } });

  const put = (origin, { key, value }) => {
    if (typeof key !== "string" || !key) return refuse("bad_request", "key is missing");
    if (value === null || value === undefined) values.delete(place(origin, key));
    else if (typeof value !== "string" || value.length > 4096) return refuse("bad_request", "value must be a short text");
    else if (values.size >= 500) return refuse("storage_exhaustion", "too many values");
    else values.set(place(origin, key), value);
    return { key, value };
  };
  const get = (origin, { key }) => {
    if (typeof key !== "string" || !key) return refuse("bad_request", "key is missing");
    return { key, value: values.get(place(origin, key)) };
  };
  const answers = { "lti.put_data": put, "lti.get_data": get };

  window.addEventListener("message", (event) => {
    const asked = event.data;
    const answer = asked && answers[asked.subject];
    if (!answer || !event.source) return;
    const subject = `${asked.subject}.response`;
    event.source.postMessage({ subject, message_id: asked.message_id, ...answer(event.origin, asked) }, event.origin);
  });
})();
