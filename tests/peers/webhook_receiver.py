"""A webhook's receiver, which checks what it is sent as docs/notices.md says, by Python's own means.

Usage: webhook_receiver.py SECRET_FILE OUT

Listens on a free port of 127.0.0.1, which is the first line of its output. A post whose signature
is right is a line of OUT, synced, before it is accepted. While OUT.refuse is there, it answers 503.
"""

import hashlib
import hmac
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SECRET = Path(sys.argv[1]).read_bytes()
OUT = Path(sys.argv[2])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        made = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(made, self.headers["x-upptid-signature"]):
            return self.answer(403)
        if json.loads(body)["id"] != self.headers["x-upptid-delivery"]:
            return self.answer(400)
        if OUT.with_suffix(".refuse").exists():
            return self.answer(503)
        with OUT.open("ab") as out:
            out.write(json.dumps(json.loads(body)).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_port, flush=True)
server.serve_forever()
