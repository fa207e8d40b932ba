#!/usr/bin/python3
"""The login service that tests/package measures: a form behind TLS, at https://portal.example/login.

login_service.py CERTIFICATE KEY PASSWORD_FILE

One account, "probe". Not the project's own login service, so that the sandbox is tried against TLS
by somebody else.
"""

import http.cookies
import http.server
import secrets
import ssl
import sys
import urllib.parse

certificate, key, password_file = sys.argv[1:]
with open(password_file, encoding="utf-8") as file:
    PASSWORD = file.read().strip()
SESSIONS = set()

LOGIN_PAGE = """<!doctype html><title>Portal</title>
<form method="post" action="/login">
<input name="username"><input name="password" type="password"><button>Logga in</button>
</form>"""
HOME_PAGE = '<!doctype html><title>Portal</title><a href="/logout">Logga ut</a>'


class Portal(http.server.BaseHTTPRequestHandler):
    """Signs the account in, knows its session by a cookie, and signs it out."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        if self.path == "/home" and self.session() in SESSIONS:
            self.answer(200, HOME_PAGE)
        elif self.path == "/logout":
            SESSIONS.discard(self.session())
            self.answer(303, "", location="/login")
        elif self.path == "/login":
            self.answer(200, LOGIN_PAGE)
        else:
            self.answer(303, "", location="/login")

    def do_POST(self):
        length = int(self.headers["content-length"])
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        if (form.get("username"), form.get("password")) != ("probe", PASSWORD):
            self.answer(200, "Fel lösenord. " + LOGIN_PAGE)
            return
        session = secrets.token_hex(16)
        SESSIONS.add(session)
        self.answer(303, "", location="/home", cookie=f"session={session}; Secure; HttpOnly")

    def session(self):
        cookies = http.cookies.SimpleCookie(self.headers.get("cookie", ""))
        return cookies["session"].value if "session" in cookies else None

    def answer(self, status, page, location=None, cookie=None):
        body = page.encode()
        self.send_response(status)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        if location:
            self.send_header("location", location)
        if cookie:
            self.send_header("set-cookie", cookie)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Portal)
# The handshake is done by the connection's own thread.
server.socket = context.wrap_socket(
    server.socket, server_side=True, do_handshake_on_connect=False
)
server.serve_forever()
