"""The least of a tool: goes on from its own page, keeps a value in Platform Storage, checks the id_token."""

from __future__ import annotations

import json
import urllib.request
from urllib.parse import urlencode

import jwt
from flask import Flask, request
from markupsafe import Markup

ASK = """
<body><p id="told">waiting</p><script>
const frame = parent.frames[%(target)s], from = %(origin)s;
const ask = (message) => new Promise((answer) => {
  addEventListener("message", ({data, origin}) => {
    if (origin === from && data.subject === message.subject + ".response") answer(data);
  });
  frame.postMessage({...message, message_id: "m1"}, from);
});
%(then)s
</script></body>"""


def stub_tool(lms: str, tool: str, client_id: str) -> Flask:
    """A tool at `tool` for the platform at `lms`, whose keys it fetches from 127.0.0.1 by name in Host."""
    app = Flask("stub_tool")

    @app.post("/lti/login")
    def login() -> str:
        sent = request.form
        asked = {
            "client_id": client_id,
            "login_hint": sent["login_hint"],
            "lti_message_hint": sent["lti_message_hint"],
            "nonce": "n",
            "prompt": "none",
            "redirect_uri": f"{tool}/lti/launch",
            "response_mode": "form_post",
            "response_type": "id_token",
            "scope": "openid",
            "state": "s1",
        }
        following = json.dumps(f"{lms}/api/lti/authorize_redirect?{urlencode(asked)}")
        put = '{subject: "lti.put_data", key: "s1", value: "kept"}'
        then = f"ask({put}).then(() => location.replace({following}));"
        return page(sent.get("lti_storage_target"), then)

    @app.post("/lti/launch")
    def launch() -> str:
        claims = verified(request.form["id_token"])
        name = json.dumps(claims["name"])
        then = (
            'ask({subject: "lti.get_data", key: "s1"}).then(({value}) => {'
            f'told.textContent = {name} + " " + value;'
            'parent.postMessage({subject: "lti.frameResize", message_id: "m2", height: 1234}, from);});'
        )
        return page(request.form.get("lti_storage_target"), then)

    def page(target: str | None, then: str) -> str:
        return Markup(ASK) % {
            "target": Markup(json.dumps(target)),
            "origin": Markup(json.dumps(lms)),
            "then": Markup(then),
        }

    def verified(id_token: str) -> dict[str, str]:
        port = lms.rsplit(":", 1)[1]
        address = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/lti/security/jwks", headers={"Host": f"lms.localhost:{port}"}
        )
        with urllib.request.urlopen(address, timeout=5) as answer:
            key = jwt.PyJWK(json.load(answer)["keys"][0]).key
        return jwt.decode(id_token, key, algorithms=["RS256"], audience=client_id, issuer=lms)

    return app
