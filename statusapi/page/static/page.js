// Asks for the page again now and then, and shows times in the reader's zone. Without it the page works as well.
"use strict";

const script = document.currentScript;
const everyMs = Number(script.dataset.refresh) * 1000;
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function localise() {
  for (const time of document.querySelectorAll("time")) {
    time.title = time.textContent;
    time.textContent = format.format(new Date(time.dateTime));
  }
}

function take(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const open = [...document.querySelectorAll("details[open]")].map((details) => details.id);
  const focused = document.activeElement?.closest("details")?.id;
  document.title = fresh.title;
  for (const id of ["main", "freshness"]) {
    const old = document.getElementById(id);
    const next = fresh.getElementById(id);
    if (old && next) old.replaceWith(document.adoptNode(next));
  }
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) document.getElementById(focused)?.querySelector("summary").focus({ preventScroll: true });
  localise();
}

function admit() {
  // What can't be asked for again must not look as if it were current.
  const line = document.getElementById("freshness");
  if (!line || line.className === "stale") return;
  line.className = "stale";
  line.textContent = "This page can't be renewed: what it shows is from " + format.format(asked) + " or before.";
}

let asked = new Date();
let tag = "";

async function renew() {
  try {
    const answer = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(everyMs) });
    if (!answer.ok) throw new Error(answer.statusText);
    const stale = document.querySelector(".stale");
    asked = new Date();
    if (stale || answer.headers.get("etag") !== tag) take(await answer.text());
    tag = answer.headers.get("etag");
  } catch {
    admit();
  }
}

function follow() {
  // Being told beats asking: a change is here within a second. Not all ask in the same moment.
  if (!window.EventSource) return;
  const live = new EventSource(script.dataset.live);
  let seen;
  live.onmessage = (event) => {
    if (seen !== undefined && event.data !== seen) setTimeout(renew, Math.random() * 1000);
    seen = event.data;
  };
}

localise();
follow();
setInterval(() => { if (!document.hidden) renew(); }, everyMs);
document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
