// Asks for the page again, as often as `data-refresh` on its body says, and changes what is new in
// its <main>: elements stay where they are, so that focus, scrolling, open details and a screen
// reader's place are kept. It waits while somebody types, selects, or looks elsewhere, and says so
// when the agent does not answer. Nothing moves; who asks for less motion gets it less often.
"use strict";
(() => {
  const seconds = Number(document.body.dataset.refresh);
  const main = document.getElementById("main");
  const stale = document.getElementById("stale");
  const slower = matchMedia("(prefers-reduced-motion: reduce)").matches ? 4 : 1;
  const answerWithinMs = 10_000;

  const isBusy = () => {
    const selection = getSelection();
    return (
      document.hidden ||
      document.activeElement?.matches("input, select, textarea") ||
      (selection !== null && !selection.isCollapsed)
    );
  };

  const copyAttributes = (from, to) => {
    for (const { name } of [...to.attributes]) {
      // Which details are open is the reader's choice.
      if (!from.hasAttribute(name) && name !== "open") to.removeAttribute(name);
    }
    for (const { name, value } of from.attributes) {
      if (to.getAttribute(name) !== value) to.setAttribute(name, value);
    }
  };

  const change = (shown, fresh) => {
    if (shown.nodeType !== fresh.nodeType || shown.nodeName !== fresh.nodeName) {
      shown.replaceWith(fresh);
      return;
    }
    if (shown.nodeType !== Node.ELEMENT_NODE) {
      if (shown.data !== fresh.data) shown.data = fresh.data;
      return;
    }
    copyAttributes(fresh, shown);
    const [old, now] = [[...shown.childNodes], [...fresh.childNodes]];
    now.forEach((node, place) => {
      if (place < old.length) change(old[place], node);
      else shown.append(node);
    });
    old.slice(now.length).forEach((node) => node.remove());
  };

  // A link that has the focus keeps it where it went: what Enter opens is what was read.
  const followFocus = (element, href) => {
    if (href === null || (element.isConnected && element.getAttribute("href") === href)) return;
    const links = [...main.querySelectorAll("a[href]")];
    const moved = links.find((link) => link.getAttribute("href") === href);
    if (moved) moved.focus({ preventScroll: true });
    else if (document.activeElement === element) element.blur();
  };

  const refresh = async () => {
    if (isBusy()) return;
    try {
      const answer = await fetch(location.href, { signal: AbortSignal.timeout(answerWithinMs) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("main");
      if (fresh === null) throw new Error(`no page: ${answer.status}`);
      stale.hidden = true;
      if (isBusy()) return;
      const focused = main.contains(document.activeElement) ? document.activeElement : null;
      const href = focused?.getAttribute("href") ?? null;
      document.title = page.title;
      change(main, fresh);
      if (focused) followFocus(focused, href);
    } catch {
      stale.hidden = false;
    }
  };

  if (seconds > 0 && main && stale) {
    setInterval(refresh, seconds * slower * 1000);
    // Who comes back sees at once what is.
    document.addEventListener("visibilitychange", refresh);
  }
})();
