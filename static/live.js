// Moves the live numbers of an election's page. Every frame carries the whole state of its topic, so
// a new connection needs nothing of the old one.
const page = document.querySelector("[data-election]");
const election = page.dataset.election;
const language = page.dataset.language;
const connection = page.querySelector("[data-connection]");
const revisions = {};
let pause = 500;
// A connection may die without a word: it is asked for a sign of life, and given up without one.
const ASK_EVERY_MS = 10_000;
const PATIENCE_MS = 25_000;

function show(name, text) {
  for (const element of document.querySelectorAll(`[data-live="${name}"]`)) {
    if (element.textContent !== text) element.textContent = text;
  }
}

function decimal(number) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 2, useGrouping: false }).format(number);
}

function turnout(frame) {
  show("eligible", String(frame.eligible));
  show("ballots_cast", String(frame.ballots_cast));
  show("percent", decimal(frame.percent));
  const ring = page.querySelector("[data-ring]");
  if (!ring) return;
  ring.setAttribute("stroke-dashoffset", 100 - frame.percent);
  ring.setAttribute("visibility", frame.ballots_cast > 0 ? "visible" : "hidden");
}

let failures;

function deliveries(frame) {
  // Who the failures are stands in the page; new ones are a link away.
  failures ??= frame.failed;
  const news = page.querySelector("[data-failures]");
  if (news && frame.failed > failures) news.hidden = false;
  for (const name of ["queued", "sent", "failed"]) show(name, String(frame[name]));
}

let status;

// The page of another state has other words and buttons, so it says where they are instead of
// changing under somebody's finger.
function moved(frame) {
  if (status && status !== frame.status) page.querySelector("[data-moved]").hidden = false;
  status = frame.status;
}

function clock(seconds) {
  const zone = page.dataset.zone || "UTC";
  const form = { hour: "2-digit", minute: "2-digit", timeZone: zone };
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, form).format(new Date(seconds * 1000));
}

function minutes(frame) {
  const list = frame.per_minute.map((entry) => ({ at: Date.parse(entry.minute) / 1000, ballots: entry.ballots }));
  const body = page.querySelector("[data-minutes]");
  if (!body) return;
  body.replaceChildren(...list.map(({ at, ballots }) => {
    const row = document.createElement("tr");
    const time = document.createElement("time");
    time.dateTime = String(at);
    time.textContent = clock(at);
    row.insertCell().append(time);
    const number = row.insertCell();
    number.className = "number";
    number.textContent = ballots;
    return row;
  }));
  draw(list);
}

function shape(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

let drawn = [];

// A bar stands for the time from its minute to the next one listed; its height is the votes of a
// minute in that time, so that merged minutes do not tower over single ones.
function draw(list) {
  const chart = page.querySelector("[data-chart]");
  if (!chart) return;
  drawn = list;
  chart.toggleAttribute("hidden", list.length === 0);
  page.querySelector("[data-chart-empty]").hidden = list.length > 0;
  if (list.length === 0) return;
  const width = chart.clientWidth;
  chart.setAttribute("viewBox", `0 0 ${width} 240`);
  const [left, right, top, bottom] = [40, width - 6, 12, 206];
  const shown = list.slice(-120);
  const first = shown[0].at;
  const last = Math.max(shown[shown.length - 1].at + 60, first + 600);
  const bars = shown.map((entry, place) => {
    const until = place + 1 < shown.length ? shown[place + 1].at : Math.min(entry.at + 60, last);
    return { ...entry, until, height: entry.ballots / Math.max(1, (until - entry.at) / 60) };
  });
  const greatest = nice(Math.max(...bars.map((bar) => bar.height)));
  const x = (at) => left + ((at - first) / (last - first)) * (right - left);
  const y = (height) => bottom - (height / greatest) * (bottom - top);
  const parts = [];
  for (const share of [0, 0.5, 1]) {
    const line = y(greatest * share);
    parts.push(shape("line", { class: "axis", x1: left, x2: right, y1: line, y2: line }));
    parts.push(shape("text", { x: left - 6, y: line + 4, "text-anchor": "end" }, decimal(greatest * share)));
  }
  for (const bar of bars) {
    const across = Math.max(1.5, x(bar.until) - x(bar.at) - 1);
    const mark = shape("rect", { class: "mark", x: x(bar.at), y: y(bar.height), width: across, height: Math.max(1, bottom - y(bar.height)), rx: 1 });
    mark.append(shape("title", {}, `${bar.ballots} ${page.dataset.chartWords} ${clock(bar.at)}`));
    parts.push(mark);
  }
  for (const [at, anchor] of [[first, "start"], [(first + last) / 2, "middle"], [last, "end"]]) {
    parts.push(shape("text", { x: x(at), y: bottom + 22, "text-anchor": anchor }, clock(at)));
  }
  chart.replaceChildren(...parts);
}

function nice(greatest) {
  const step = 10 ** Math.floor(Math.log10(Math.max(greatest, 1)));
  return [1, 2, 4, 5, 10].map((factor) => factor * step).find((bound) => bound >= greatest) ?? greatest;
}

const tell = { turnout, deliveries, status: moved, minutes };

function receive(frame) {
  // Whoever may not watch any more, since the membership is gone, keeps nothing on the screen.
  if (frame.type === "error" && frame.topic in revisions) return location.reload();
  if (!tell[frame.type] || frame.revision < (revisions[frame.topic] ?? 0)) return;
  revisions[frame.topic] = frame.revision;
  tell[frame.type](frame);
}

function say(state) {
  if (!connection || connection.dataset.state === state) return;
  connection.dataset.state = state;
  connection.textContent = connection.dataset[`${state}Words`];
}

function connect() {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/api/v1/live`);
  socket.addEventListener("open", () => {
    pause = 500;
    for (const topic of page.dataset.topics.split(" ")) {
      socket.send(JSON.stringify({ type: "subscribe", topic: `elections/${election}/${topic}` }));
    }
  });
  let heard = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - heard > PATIENCE_MS) return lose();
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: "ping" }));
  }, ASK_EVERY_MS);
  let lost = false;
  function lose() {
    if (lost) return;
    lost = true;
    clearInterval(watch);
    socket.close();
    say("lost");
    setTimeout(connect, pause + Math.random() * pause);
    pause = Math.min(pause * 2, 15_000);
  }
  addEventListener("offline", lose, { once: true });
  socket.addEventListener("message", (event) => {
    if (lost) return;
    heard = Date.now();
    say("live");
    receive(JSON.parse(event.data));
  });
  socket.addEventListener("close", ({ code }) => {
    // Whoever has signed out elsewhere is led to sign in, and leaves nothing on the screen.
    if (code === 1008) return location.reload();
    lose();
  });
}

// What the server has rendered is drawn at once; the first frames follow.
const rendered = [...page.querySelectorAll("[data-minutes] tr")].map((row) => ({
  at: Number(row.querySelector("time").dateTime),
  ballots: Number(row.cells[1].textContent),
}));
draw(rendered);
addEventListener("resize", () => draw(drawn));
connect();
