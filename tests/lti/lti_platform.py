"""A platform of the tests' own: keys, a signed launch with any claim changed, and a stand-in web server.

Written from the specification with PyJWT alone, so that it can disagree with what the tool believes.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from requests import ConnectionError as NoConnection

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
TOOL = "http://tool.localhost:8000"
ISSUER = "https://canvas.instructure.com"
CLIENT_ID = "10000000000001"
DEPLOYMENT_ID = "1:abc"
JWKS_URL = "https://sso.canvaslms.com/api/lti/security/jwks"
TOKEN_URL = "https://sso.canvaslms.com/login/oauth2/token"
AUTH_URL = "https://sso.canvaslms.com/api/lti/authorize_redirect"
REMOVED = object()


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """A key of 2048 bits by name, made once for a test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(name: str, kid: str | None = None) -> dict[str, Any]:
    """The public half as a JWK set shows it."""
    jwk = json.loads(RSAAlgorithm.to_jwk(rsa_key(name).public_key()))
    return {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "kid": kid or name, "alg": "RS256", "use": "sig"}


def launch_claims(nonce: str, /, *, now: float | None = None, **changes: Any) -> dict[str, Any]:
    """The claims of a teacher's launch. `changes` by full name; REMOVED takes a claim away."""
    at = int(time.time() if now is None else now)
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": CLIENT_ID,
        "azp": CLIENT_ID,
        "sub": "teacher-1",
        "iat": at,
        "exp": at + 3600,
        "nonce": nonce,
        "name": "Ms. Rivera",
        "given_name": "Ana",
        "family_name": "Rivera",
        f"{LTI}message_type": "LtiResourceLinkRequest",
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": DEPLOYMENT_ID,
        f"{LTI}target_link_uri": f"{TOOL}/lti/launch",
        f"{LTI}resource_link": {"id": "link-1"},
        f"{LTI}context": {"id": "course-uuid-1", "title": "Grade 4 · Room 12"},
        f"{LTI}roles": [f"{MEMBERSHIP}#Instructor"],
        f"{LTI}custom": {"canvas_course_id": "7", "canvas_user_id": 11},
        f"{LTI}launch_presentation": {
            "return_url": "https://cedar.instructure.com/courses/7",
            "locale": "en",
        },
    }
    for name, value in changes.items():
        if value is REMOVED:
            claims.pop(name, None)
        else:
            claims[name] = value
    return claims


def signed(claims: dict[str, Any], *, key: str = "key-1", **header: Any) -> str:
    """The claims as an id_token; `header` changes the JWT header (kid=None: none)."""
    headers = {"kid": key} | header
    kept = {name: value for name, value in headers.items() if value is not None}
    # As bytes: PyJWT's own encode refuses some of the claims that a platform must not send.
    return jwt.PyJWS().encode(json.dumps(claims).encode(), rsa_key(key), algorithm="RS256", headers=kept)


@dataclass
class Answer:
    """One answer of the stand-in server, with what the tool reads of it."""

    status_code: int = 200
    body: bytes = b""

    def iter_content(self, size: int) -> Iterator[bytes]:
        yield from (self.body[at : at + size] for at in range(0, len(self.body), size))

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *_error: object) -> None:
        return None


@dataclass
class PlatformServer:
    """Answers the tool's calls from memory and remembers them; a test may replace `answer`."""

    keys: list[dict[str, Any]] = field(default_factory=lambda: [public_jwk("key-1")])
    calls: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    answer: Callable[[str, str, dict[str, Any]], Answer] | None = None

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        self.calls.append((method, url, kwargs))
        if self.answer is not None:
            return self.answer(method, url, kwargs)
        if url == JWKS_URL:
            return json_answer({"keys": self.keys})
        raise NoConnection(f"nothing answers at {url}")

    @property
    def key_fetches(self) -> int:
        return sum(url == JWKS_URL for _method, url, _kwargs in self.calls)


def json_answer(value: object, status: int = 200) -> Answer:
    """An answer of JSON."""
    return Answer(status, json.dumps(value).encode())
