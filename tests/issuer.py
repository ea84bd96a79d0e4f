"""An OpenID provider whose keys and answers a test controls. People sign in at a real one in other tests."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import Key, RSAKey

from lab.processes import PATIENCE

CLIENT_ID, CLIENT_SECRET = "togo at this issuer", "the secret of this client: 100% & +"


class Issuer:
    """Answers on 127.0.0.1. `begin_anew` gives it honest answers, and every test changes those that it is about."""

    def __init__(self) -> None:
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                issuer._answer(self, {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                issuer._answer(self, {name: values[0] for name, values in parse_qs(body).items()})

            def log_message(self, *args: Any) -> None:
                """Print nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.first_key, self.second_key = (RSAKey.generate_key(2048, {"kid": kid}) for kid in ("first", "second"))
        self.begin_anew()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def begin_anew(self) -> None:
        self.key: RSAKey = self.first_key
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.claims: dict[str, Any] = {"sub": "17", "preferred_username": "ada"}
        self.userinfo: dict[str, Any] = {}
        # Change these for lies.
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.description: dict[str, Any] = {}
        self.keys: Callable[[], list[dict[str, Any]]] = lambda: [self.key.as_dict(private=False)]
        # Path → an answer in place of the honest one: status, headers and body.
        self.instead: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.wait: dict[str, threading.Event] = {}

    def signed(self, claims: dict[str, Any], *, key: Key | None = None, algorithm: str = "RS256", **header: Any) -> str:
        key = key or self.key
        return jwt.encode({"alg": algorithm, "kid": self.key.kid, **header}, claims, key, algorithms=[algorithm])

    def code_for(self, location: str) -> dict[str, str]:
        """The parameters with which the browser comes back, after somebody signed in at this address."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        return {"code": code, "state": query["state"]}

    def _answer(self, handler: http.server.BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        path = urlsplit(handler.path).path
        self.asked.append(path)
        if path in self.wait:
            self.wait[path].wait(PATIENCE)
        status, headers, body = 200, {"Content-Type": "application/json"}, b""
        if path in self.instead:
            status, headers, body = self.instead[path]
        elif path == "/token":
            status, said = self._tokens(handler.headers["Authorization"], form)
            body = json.dumps(said).encode()
        elif path == "/userinfo":
            assert handler.headers["Authorization"] == "Bearer an access token"
            body = json.dumps(self.userinfo).encode()
        elif path == "/keys":
            body = json.dumps({"keys": self.keys()}).encode()
        else:
            body = json.dumps(self._description()).encode()
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def _description(self) -> dict[str, Any]:
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        return {
            "issuer": self.url,
            **{name: f"{self.url}/{path}" for name, path in names.items()},
            **self.description,
        }

    def _tokens(self, authorization: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        if authorization != f"Basic {secret}":
            return 401, {"error": "invalid_client"}
        if asked is None or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=")
        assert (asked["code_challenge_method"], asked["code_challenge"]) == ("S256", challenge.decode())
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {name: value for name, value in {**claims, **self.claims}.items() if value is not None}
        return 200, {"access_token": "an access token", "token_type": "Bearer", "id_token": self.sign(claims)}
