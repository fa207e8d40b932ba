"""Debian's Chromium without a head, driven over its debugging pipe: no port, no driver, nothing but
the standard library."""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

ANSWER_WITHIN_S = 60


class Chromium:
    """A browser with one tab; what it complains about is in `complaints`."""

    def __init__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            raise FileNotFoundError("chromium: apt-get install chromium")
        self.profile = tempfile.TemporaryDirectory(
            prefix="upptid-chromium-", ignore_cleanup_errors=True
        )
        to_browser, self.commands = os.pipe()
        self.answers, from_browser = os.pipe()

        def hand_over():
            # It reads commands from descriptor 3 and answers on 4. Neither may hide the other.
            high = [os.dup2(fd, fd + 100) for fd in (to_browser, from_browser)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [
                program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", "--hide-scrollbars", "--mute-audio",
                f"--user-data-dir={self.profile.name}", "--remote-debugging-pipe", "about:blank",
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=hand_over, start_new_session=True,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.unread, self.events, self.complaints = 0, b"", [], []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        # Its helpers outlive it for a moment, and write into the profile.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        os.close(self.commands)
        os.close(self.answers)
        self.profile.cleanup()

    def call(self, method, **parameters):
        """Asks the browser, and gives its answer."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def open(self, url):
        """Opens a page and waits until all of it is there; gives its status."""
        self.events.clear()
        frame = self.call("Page.navigate", url=url)
        if "errorText" in frame:
            raise RuntimeError(f"{url}: {frame['errorText']}")
        self.wait_for(lambda event: event["method"] == "Page.loadEventFired")
        loaded = [
            event["params"]["response"] for event in self.events
            if event["method"] == "Network.responseReceived"
            and event["params"]["type"] == "Document"
        ]
        return loaded[-1]["status"]

    def evaluate(self, script):
        """What a script gives in the page."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def wait_until(self, script):
        """Waits until a script gives something true."""
        until = time.monotonic() + ANSWER_WITHIN_S
        while not self.evaluate(script):
            if time.monotonic() > until:
                raise TimeoutError(f"it never came to this: {script}")
            time.sleep(0.05)

    def wait_for(self, wanted):
        """Waits for an event, also one that has come since the page was opened."""
        while not any(wanted(event) for event in self.events):
            self.read()

    def read(self):
        """The browser's next message."""
        until = time.monotonic() + ANSWER_WITHIN_S
        while b"\0" not in self.unread:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.answers], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.answers, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self.unread += part
        text, self.unread = self.unread.split(b"\0", 1)
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
            self.note(message["method"], message["params"])
        return message

    def note(self, method, said):
        """Keeps what a console would show in red."""
        if method == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.complaints.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(said["exceptionDetails"]["text"])
        elif method == "Runtime.consoleAPICalled" and said["type"] == "error":
            self.complaints.append(str(said["args"]))
