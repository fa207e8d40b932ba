// What is looked at in every page: gives a list of flaws, and the links.
(() => {
  const flaws = [];
  const expect = (is, text) => { if (!is) flaws.push(text); };
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const name = (element) =>
    `<${element.nodeName.toLowerCase()} class="${element.getAttribute("class") ?? ""}"> ` +
    `"${element.textContent.trim().slice(0, 40)}"`;

  // Landmarks, headings, language.
  expect(/^(sv|en)$/.test(document.documentElement.lang), `lang is ${document.documentElement.lang}`);
  expect(/ · Upptid$/.test(document.title) && document.title.length > 9, `title: ${document.title}`);
  expect(all("h1").length === 1, `${all("h1").length} h1`);
  expect(all("main").length === 1 && all("body > header").length === 1, "main or header is missing");
  for (const nav of all("nav")) expect(nav.getAttribute("aria-label"), `nav without a name: ${name(nav)}`);
  expect(all("header nav a[aria-current]").length >= 1, "no link is aria-current");
  let level = 1;
  for (const heading of all("main h1, main h2, main h3")) {
    const next = Number(heading.nodeName[1]);
    expect(next <= level + 1, `heading leaps: ${name(heading)}`);
    level = next;
  }
  const ids = all("[id]").map((element) => element.id);
  expect(new Set(ids).size === ids.length, `an id is there twice: ${ids}`);

  // What a screen reader needs.
  for (const table of all("table")) {
    expect(table.caption, `table without a caption: ${name(table)}`);
    for (const head of all("th", table)) expect(head.scope, `th without a scope: ${name(head)}`);
  }
  for (const svg of all("svg")) expect(svg.getAttribute("aria-hidden") === "true", "an svg is read out");
  for (const input of all("input:not([type=hidden]), select")) {
    expect(input.labels.length === 1, `no label for ${input.name}`);
  }
  for (const link of all("a")) expect(link.textContent.trim(), `a link without text: ${link.href}`);

  // Nothing is wider than the window.
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    const wide = all("body *").filter((it) => it.getBoundingClientRect().right > width + 1);
    const scrolls = (it) => it.closest(".scroll, pre, .hidden, .skip");
    flaws.push(`wider than ${width}: ${wide.filter((it) => !scrolls(it)).slice(0, 3).map(name)}`);
  }

  // Contrast of every text, by the colours that it came out with.
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => {
    const mix = (one, other) => one * top.a + other * (1 - top.a);
    return { r: mix(top.r, below.r), g: mix(top.g, below.g), b: mix(top.b, below.b), a: 1 };
  };
  const ground = (element) => {
    if (element === null) return parse(getComputedStyle(document.documentElement).backgroundColor);
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own : over(own, ground(element.parentElement));
  };
  const luminance = ({ r, g, b }) => {
    const part = (value) => {
      const ratio = value / 255;
      return ratio <= 0.04045 ? ratio / 12.92 : ((ratio + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const looked = new Set();
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || looked.has(element)) continue;
    looked.add(element);
    if (element.closest("noscript, script, style, svg") || !element.checkVisibility()) continue;
    const below = ground(element);
    const ratio = contrast(over(parse(getComputedStyle(element).color), below), below);
    expect(ratio >= 4.5, `contrast ${ratio.toFixed(2)}: ${name(element)}`);
  }

  const links = all("a[href]").map((link) => link.href);
  return { flaws, links, ids };
})();
