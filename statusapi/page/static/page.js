// Keeps the page as it is now, shows times in the reader's zone and days under the pointer. Without it the page works.
"use strict";

const script = document.currentScript;
const everyMs = Number(script.dataset.refresh) * 1000;
const language = document.documentElement.lang;
const by = (id) => document.getElementById(id);

// ------------------------------------------------------------------------------------------------ times

const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const STEPS = [[86400, "day"], [3600, "hour"], [60, "minute"]];

function since(at) {
  const seconds = (Date.now() - at) / 1000;
  if (seconds < 0 || seconds > 7 * 86400) return "";
  const [size, unit] = STEPS.find(([size]) => seconds >= size) ?? [60, "minute"];
  return " (" + ago.format(-Math.floor(seconds / size), unit) + ")";
}

function localise() {
  for (const time of document.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.title ||= time.textContent;
    const text = moment.format(at) + ("ago" in time.dataset ? since(at) : "");
    if (time.textContent !== text) time.textContent = text;
  }
}

// ------------------------------------------------------------------------------------------------ renewal

// What has not changed stays the same element: focus, places and what readers have opened remain.
function become(old, next) {
  if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName || old.id !== next.id) {
    old.replaceWith(document.importNode(next, true));
  } else if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== next.nodeValue) old.nodeValue = next.nodeValue;
  } else {
    attributes(old, next);
    children(old, [...next.childNodes]);
  }
}

function attributes(old, next) {
  const turned = old.dataset.open !== next.dataset.open;
  for (const { name, value } of next.attributes) {
    if (name !== "open" && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !next.hasAttribute(name)) old.removeAttribute(name);
  }
  if (turned) old.open = next.open;
}

function children(old, next) {
  const named = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  const kept = new Set(next.map((child) => child.id).filter(Boolean));
  let here = old.firstChild;
  const pass = () => {
    const passed = here;
    here = here.nextSibling;
    return passed;
  };
  for (const wanted of next) {
    const known = wanted.id && named.get(wanted.id);
    if (known) {
      // To move an element takes its focus: what stands before it goes instead.
      while (here && here !== known && !kept.has(here.id)) pass().remove();
      if (here === known) pass();
      else old.insertBefore(known, here);
      become(known, wanted);
    } else if (here && !kept.has(here.id)) {
      become(pass(), wanted);
    } else {
      old.insertBefore(document.importNode(wanted, true), here);
    }
  }
  while (here) pass().remove();
}

let tag = script.dataset.tag;
let asked = new Date();

function take(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  document.title = fresh.title;
  const icon = 'link[rel="icon"]';
  become(document.querySelector(icon), fresh.querySelector(icon));
  for (const id of ["main", "freshness"]) become(by(id), fresh.getElementById(id));
  tag = fresh.querySelector("script[data-tag]")?.dataset.tag ?? tag;
  localise();
}

let etag = "";

async function renew() {
  try {
    const answer = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(everyMs) });
    if (!answer.ok) throw new Error(answer.statusText);
    if (answer.headers.get("etag") !== etag) take(await answer.text());
    etag = answer.headers.get("etag");
    asked = new Date();
    by("stale").hidden = true;
  } catch {
    admit();
  }
}

// What can't be asked for again must not look as if it were current.
function admit() {
  const line = by("stale");
  if (!line.hidden) return;
  line.dataset.text ||= line.textContent;
  line.textContent = line.dataset.text.replace("{time}", moment.format(asked));
  line.hidden = false;
}

// Being told beats asking: a change is here within a second. Not all ask in the same moment.
function told({ data }) {
  if (data !== tag || !by("stale").hidden) setTimeout(renew, Math.random() * 1000);
}

let passes = false;

function follow() {
  if (!window.WebSocket) return listen();
  const url = new URL(script.dataset.live, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const live = new WebSocket(url);
  live.onopen = () => { passes = true; };
  live.onmessage = told;
  live.onclose = () => {
    setTimeout(renew, Math.random() * 1000);
    // What lets no WebSocket through may let a stream of events through.
    if (passes) setTimeout(follow, 1000 + Math.random() * 2000);
    else listen();
  };
}

function listen() {
  if (!window.EventSource) return;
  const live = new EventSource(script.dataset.live);
  live.onmessage = told;
  live.onerror = () => {
    setTimeout(renew, Math.random() * 1000);
    // The browser comes back by itself unless it was refused.
    if (live.readyState === EventSource.CLOSED) setTimeout(listen, everyMs);
  };
}

// ------------------------------------------------------------------------------------------------ days

let at = null;

function show(bar) {
  hide();
  if (!bar) return;
  const tip = by("tip");
  if (bar.title) {
    bar.dataset.told = bar.title;
    bar.removeAttribute("title");
  }
  at = bar;
  bar.classList.add("at");
  tip.textContent = bar.dataset.told;
  tip.hidden = false;
  const box = bar.getBoundingClientRect();
  const left = Math.min(Math.max(8, box.left - tip.offsetWidth / 2), document.documentElement.clientWidth - tip.offsetWidth - 8);
  tip.style.left = left + scrollX + "px";
  tip.style.top = box.top + scrollY - tip.offsetHeight - 8 + "px";
}

function hide() {
  at?.classList.remove("at");
  at = null;
  by("tip").hidden = true;
}

document.addEventListener("pointerover", ({ target }) => {
  const bar = target.closest?.(".days .bars i");
  if (bar !== at) show(bar);
});
document.addEventListener("focusout", hide);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") return hide();
  const bars = [...(event.target.closest?.(".days > summary")?.querySelectorAll("i") ?? [])].filter((bar) => bar.offsetWidth);
  const now = bars.indexOf(at);
  const turn = document.documentElement.dir === "rtl" ? -1 : 1;
  const place = {
    ArrowLeft: (now < 0 ? bars.length : now) - turn,
    ArrowRight: now + turn,
    Home: 0,
    End: bars.length - 1,
  }[event.key];
  if (place === undefined || !bars[place]) return;
  event.preventDefault();
  show(bars[place]);
  by("told").textContent = by("tip").textContent;
});

localise();
follow();
setInterval(localise, 60000);
setInterval(() => { if (!document.hidden) renew(); }, everyMs);
document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
