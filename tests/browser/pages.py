#!/usr/bin/env python3
"""The pages of a real agent, in a real browser:

    tests/browser/pages.py UPPTID [FOLDER]

plays `upptid demo` and looks at every page in both languages, both schemes and three widths; then
without scripts; then at how a page refreshes itself. With a folder it leaves pictures there.
Without Chromium it is skipped, with the reason; not where CI is set."""

import base64
import itertools
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

from chromium import Chromium

HERE = pathlib.Path(__file__).parent
LOOK = (HERE / "look.js").read_text()
WIDTHS = {360: 780, 1280: 900, 1920: 1080}
# The demo's last scene begins after a minute and a half.
SCENES_WITHIN_S = 150
DEMO_S = 900


def main():
    upptid, *folder = sys.argv[1:]
    try:
        browser = Chromium()
    except FileNotFoundError as missing:
        if os.environ.get("CI"):
            raise
        print(f"skipped: there is no {missing}")
        return
    with browser, Demo(upptid) as demo:
        demo.wait_for_scenes()
        paths = demo.paths()
        print(f"{len(paths)} pages: {' '.join(paths)}")
        look_at_all(browser, demo, paths, pathlib.Path(folder[0]) if folder else None)
        use_the_keyboard(browser, demo)
        use_without_scripts(browser, demo)
        refresh(browser, demo)
        demo.end()
        stand_still(browser)


class Demo:
    """A running demo."""

    def __init__(self, upptid):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.web = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [upptid, "demo", "--seconds", str(DEMO_S), "--listen", f"127.0.0.1:{port}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ends it as Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(2)
            self.process.wait()

    def get(self, path):
        """The status and body of an answer."""
        url = urllib.parse.urljoin(self.web, path)
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode(errors="replace")

    def json(self, path):
        """An answer's JSON."""
        status, body = self.get(path)
        assert status == 200, f"{path}: {status} {body}"
        return json.loads(body)

    def wait_for_scenes(self):
        """Waits until an outage, a planned stop and a lost network have been played."""
        until = time.monotonic() + SCENES_WITHIN_S
        while time.monotonic() < until:
            try:
                classes = {
                    (name, stretch["class"], stretch["cause"])
                    for name in ("portal", "intranet")
                    for stretch in self.json(f"/api/v1/services/{name}")["month"] or []
                }
            except (urllib.error.URLError, AssertionError, ConnectionError):
                classes = set()
            if (
                any(name == "portal" and found == "lost" for name, found, _ in classes)
                and any(name == "intranet" and found == "planned" for name, found, _ in classes)
                and ("portal", "unmeasured", "own_network") in classes
            ):
                return
            time.sleep(0.5)
        raise TimeoutError(f"not all scenes were played: {classes}")

    def paths(self):
        """Every kind of page, and one that there is not."""
        portal = self.json("/api/v1/services/portal")
        intranet = self.json("/api/v1/services/intranet")
        one = lambda service, wanted: next(
            stretch for stretch in service["month"] if wanted(stretch)
        )
        lost = one(portal, lambda it: it["class"] == "lost")
        planned = one(intranet, lambda it: it["class"] == "planned")
        unknown = one(portal, lambda it: it["cause"] == "own_network")
        known = self.json(f"/api/v1/services/portal/at/{unknown['from']}")
        assert known["evidence"]["witnesses"] == "0 of 2", f"C3.3: {known}"
        _, page = self.get("/service/portal")
        days = page.split('href="/service/portal/day/')[1:]
        day = days[-1].split('"')[0]
        return [
            "/", "/?state=not-up", "/?q=exempel&sort=lost", "/?q=nobody", "/?view=wall",
            "/service/portal", "/service/portal?class=lost", "/service/intranet",
            f"/service/portal/day/{day}", f"/service/portal/at/{lost['from']}",
            f"/service/intranet/at/{planned['from']}", f"/service/portal/at/{unknown['from']}",
            f"/service/portal/at/{lost['until']}", "/stops", "/stops?service=intranet",
            "/adjustments", "/claims", "/statements", "/agent", "/nothing",
        ]


def look_at_all(browser, demo, paths, folder):
    """Every page in every guise."""
    flaws, links, ids = [], set(), {}
    guises = itertools.product(("sv", "en"), ("light", "dark"), WIDTHS)
    for (lang, scheme, width), path in itertools.product(guises, paths):
        guise = f"{path} {lang} {scheme} {width}"
        dress(browser, scheme, width)
        with_lang = f"{path}{'&' if '?' in path else '?'}lang={lang}"
        status = browser.open(demo.web + with_lang)
        found = browser.evaluate(LOOK)
        flaws += [f"{guise}: {flaw}" for flaw in found["flaws"]]
        if status != (404 if path == "/nothing" else 200):
            flaws.append(f"{guise}: answered with {status}")
        elif status == 200:
            # A browser complains about a 404 by itself.
            flaws += [f"{guise}: console: {text}" for text in browser.complaints]
        browser.complaints.clear()
        links |= {link for link in found["links"] if link.startswith(demo.web)}
        ids[demo.web + with_lang] = found["ids"]
        if folder:
            picture(browser, folder, f"{paths.index(path):02}-{lang}-{scheme}-{width}")
    flaws += dead_links(demo, links)
    end_if(flaws)
    print(f"{len(ids)} pages in {2 * len(WIDTHS)} guises each, {len(links)} links")


def dress(browser, scheme, width):
    """The reader's scheme and window."""
    preference = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.call("Emulation.setEmulatedMedia", features=preference)
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=width, height=WIDTHS[width], deviceScaleFactor=1, mobile=False,
    )


def picture(browser, folder, name):
    """Leaves a picture of the whole page."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = browser.call("Page.captureScreenshot", captureBeyondViewport=True)
    (folder / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))


def dead_links(demo, links):
    """Links that lead nowhere, and parts of pages that are not there."""
    flaws, bodies = [], {}
    for link in sorted(links):
        url, _, part = link.partition("#")
        if url not in bodies:
            bodies[url] = demo.get(url)
        status, body = bodies[url]
        # The page that there is not links to itself in the other language.
        if status != 200 and "/nothing" not in url:
            flaws.append(f"{link} is answered with {status}")
        if part and f'id="{part}"' not in body:
            flaws.append(f"{link}: the page has no such part")
    return flaws


def use_the_keyboard(browser, demo):
    """The first key leads to the content; where the focus is can be seen."""
    dress(browser, "light", 1280)
    browser.open(f"{demo.web}/?lang=en")
    press(browser, "Tab")
    first = browser.evaluate(
        "(() => { const it = document.activeElement; const style = getComputedStyle(it);"
        " return [it.className, it.getBoundingClientRect().left >= 0, style.outlineStyle]; })()"
    )
    assert first == ["skip", True, "solid"], f"the skip link is not first and seen: {first}"
    press(browser, "Enter")
    browser.wait_until("location.hash === '#main'")
    press(browser, "Tab")
    assert browser.evaluate("document.getElementById('main').contains(document.activeElement)")
    unseen = browser.evaluate(
        "[...document.querySelectorAll('a, button, input, select, summary, [tabindex=\"0\"]')]"
        ".filter((it) => it.type !== 'hidden').filter((it) => { it.focus({ focusVisible: true });"
        " return document.activeElement === it"
        " && getComputedStyle(it).outlineStyle === 'none'; }).map((it) => it.outerHTML)"
    )
    assert unseen == [], f"focus is not seen on {unseen}"
    print("the keyboard leads everywhere, and is seen")


def press(browser, key):
    """Presses a key."""
    codes = {"Tab": 9, "Enter": 13}
    about = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
    text = {"text": "\r"} if key == "Enter" else {}
    browser.call("Input.dispatchKeyEvent", type="keyDown", **about, **text)
    browser.call("Input.dispatchKeyEvent", type="keyUp", **about)


def use_without_scripts(browser, demo):
    """Filter, sort and follow links; the page asks for itself again without a script."""
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(f"{demo.web}/?lang=en")
    content = "document.querySelector('meta[http-equiv=refresh]')?.content"
    assert browser.evaluate(content) == "60", "without scripts the page must ask for itself"
    browser.open(f"{demo.web}/?lang=en&q=portal&state=&sort=name")
    names = "[...document.querySelectorAll('.services tbody th a')].map((it) => it.textContent)"
    assert browser.evaluate(names) == ["portal"], "the filter works without scripts"
    browser.open(browser.evaluate("document.querySelector('.services tbody th a').href"))
    assert browser.evaluate("document.querySelector('h1').textContent") == "portal"
    browser.open(f"{demo.web}/?lang=en&refresh=off")
    assert browser.evaluate(content) is None, "a page that was stopped must stay as it is"
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    print("all works without scripts")


def refresh(browser, demo):
    """A page changes what is new, and nothing of where the reader is."""
    browser.open(f"{demo.web}/?lang=en")
    assert browser.evaluate("document.querySelector('meta[http-equiv=refresh]')") is None
    browser.evaluate(
        "window.link = document.querySelector('.services a[href*=\"/service/portal\"]');"
        "document.querySelector('details').open = true;"
        "window.scrollTo(0, 120); link.focus({ preventScroll: true });"
        "document.querySelector('h1').textContent = 'old';"
    )
    ask = "document.dispatchEvent(new Event('visibilitychange'))"
    browser.evaluate(ask)
    browser.wait_until("document.querySelector('h1').textContent !== 'old'")
    where = browser.evaluate(
        "[window.scrollY, document.querySelector('details').open,"
        " document.activeElement.getAttribute('href').includes('/service/portal'),"
        " document.getElementById('stale').hidden]"
    )
    assert where == [120, True, True, True], f"the reader's place is lost: {where}"

    # Nobody is disturbed who types or selects.
    for busy in (
        "document.getElementById('q').focus()",
        "document.activeElement.blur(); getSelection().selectAllChildren(document.querySelector('h1'))",
    ):
        browser.evaluate(busy)
        browser.events.clear()
        browser.evaluate(ask)
        browser.evaluate("new Promise((done) => setTimeout(done, 300))")
        asked = [event for event in browser.events if event["method"] == "Network.requestWillBeSent"]
        assert asked == [], f"it was refreshed in spite of {busy}"
    browser.evaluate("getSelection().removeAllRanges()")
    print("pages refresh themselves, and keep the reader's place")


def stand_still(browser):
    """A page whose agent is gone says that it is old."""
    browser.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    browser.wait_until("!document.getElementById('stale').hidden")
    print("a page whose agent is gone says so")


def end_if(flaws):
    """Says what is wrong, once each, and ends."""
    if flaws:
        print("\n".join(dict.fromkeys(flaws)), file=sys.stderr)
        sys.exit(f"{len(flaws)} flaws")


if __name__ == "__main__":
    main()
