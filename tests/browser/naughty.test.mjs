// Whatever is typed is shown as it was typed, on every page where it shows, and does nothing there.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, chmod, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { desktop, open } from "./support/browser.mjs";
import { Desk } from "./support/desk.mjs";
import { lines } from "./support/naughty.mjs";
import { Organiser, PASSWORD } from "./support/organiser.mjs";
import { freePort, project, service } from "./support/service.mjs";
import { complaintsOf } from "./support/watch.mjs";

const isLong = process.env.UVOTE_FAULTS === "long";
/** Every line stands somewhere in the short form too; in the long one, each stands everywhere. */
const everywhere = isLong ? lines : lines.filter((_, place) => place % 12 === 0);
const organiser = await Organiser.register();

/** Hears when a line runs as a script or opens a dialog, in whichever frame. */
async function listen(page) {
  const hits = [];
  await page.context().exposeFunction("__hit", () => hits.push(page.url()));
  page.on("dialog", async (dialog) => {
    hits.push(`a dialog on ${page.url()}`);
    await dialog.dismiss();
  });
  return hits;
}

/** Has the test fail when a line does anything. */
async function guard(t, page) {
  const hits = await listen(page);
  t.after(() => assert.deepEqual(hits, [], "nothing that was typed has run"));
}

const plain = (text) => text.replace(/\s+/g, " ").trim();
/** A mail has one direction of writing: what would turn it is a space there. */
const inMail = (text) => plain(text.replace(/[\u2028-\u202e\u2066-\u2069]/g, " "));

/** All that a page shows, in its text, its title, its fields and the names of its pictures. */
function shown(page) {
  return page.evaluate(() => {
    const fields = [...document.querySelectorAll("input, textarea")].map((field) => field.value);
    const names = [...document.querySelectorAll("[alt], [aria-label], [title]")].flatMap((named) =>
      ["alt", "aria-label", "title"].map((name) => named.getAttribute(name) ?? ""));
    return [document.title, document.body.textContent, ...fields, ...names].join("\n");
  });
}

/** The page shows these lines just as they are. */
async function shows(page, wanted) {
  const all = plain(await shown(page));
  for (const line of wanted) assert.ok(all.includes(plain(line)), `${page.url()} shows ${line}: ${all.slice(0, 2_000)}`);
  assert.equal(await page.locator("iframe[srcdoc], object, embed, base, plaintext, xmp, math").count(), 0);
}

/** An election in which a line stands in every field. */
async function draftOf(line) {
  const candidates = [{ name: line, description: line }, { name: "Ben" }];
  const contests = [{ title: line, description: line, candidates }];
  const body = { title: line, description: line, invitation_message: line, contests };
  const { id } = await organiser.expect(201, "POST", "/elections", { body });
  return organiser.election(id);
}

async function nameEverything(line) {
  await organiser.expect(200, "PATCH", "/account", { body: { name: line } });
  const { items } = await organiser.expect(200, "GET", "/organisations");
  const organisation = items[0].id;
  await organiser.expect(200, "PATCH", `/organisations/${organisation}`, { body: { name: line } });
  const election = await draftOf(line);
  const voter = { email: `voter-${election.id}@example.org`, first_name: line, last_name: line };
  const { id } = await election.expect(201, "POST", "/voters", { body: voter });
  return { election, organisation, voter: id };
}

/** Where a line shows, while its election is a draft: on pages, and in the fields of a search. */
function places(line, { election, organisation, voter }) {
  const [contest] = election.body.contests;
  const sought = `?q=${encodeURIComponent(line)}`;
  const ofContest = `/ballot/contests/${contest.id}`;
  const ofElection = ["", "/ballot", ofContest, `${ofContest}/candidates/${contest.candidates[0].id}`, "/ballot/preview", "/voters", `/voters${sought}`, `/voters/${voter}`, "/settings", "/mails", "/mails/preview", "/delete", "/audit"];
  return ["/dashboard", `/dashboard${sought}`, "/account", "/account/activity", `/organisations/${organisation}`, `/organisations/${organisation}/log`, "/elections/new", ...ofElection.map((path) => `/elections/${election.id}${path}`)];
}

test("whatever runs is heard, or else these tests would say nothing", async (t) => {
  const page = await open(t, desktop);
  const hits = await listen(page);
  await page.setContent(`<p>${lines[0]}</p><img src="data:," onerror="__hit(); alert(1)">`);
  while (hits.length < 3) await page.waitForTimeout(10);
});

test("a line in every field shows as it was typed on the organiser's pages, and does nothing", async (t) => {
  const desk = await Desk.signIn(t, organiser, desktop);
  await guard(t, desk.page);
  const silent = /\/(account\/activity|audit|log|new)$/;
  for (const line of everywhere) {
    for (const place of places(line, await nameEverything(line))) {
      const answer = await desk.opens(place);
      assert.equal(answer.status(), 200, `${place} with ${line}`);
      const typed = place.endsWith("/mails/preview") ? inMail(line) : line;
      await shows(desk.page, silent.test(place) ? [] : [typed]);
    }
  }
});

/** So many at a time, which is how many candidates a contest may have. */
const inGroups = (all, size) => Array.from({ length: Math.ceil(all.length / size) }, (_, group) => all.slice(group * size, (group + 1) * size));

/** An election whose candidates and voters have all the names there are. */
async function electionOfAll() {
  const contests = inGroups(lines, 30).map((names) => ({
    title: names[0],
    description: names.join("\n"),
    candidates: names.map((name) => ({ name, description: `${name}\n${name}` })),
  }));
  const body = { title: lines[1], description: lines.join("\n").slice(0, 2_000), invitation_message: lines.slice(0, 30).join("\n"), contests };
  const election = await organiser.draft(body, 1);
  for (const [place, name] of lines.entries()) {
    await election.expect(201, "POST", "/voters", { body: { email: `all-${place}@example.org`, first_name: name, last_name: name } });
  }
  return election;
}

test("all lines at once show as they were typed to voters, in mails and in results, and do nothing", async (t) => {
  const election = await electionOfAll();
  await election.open();
  const page = await open(t, desktop);
  await guard(t, page);
  await page.goto(election.invited[0].link);
  await page.getByRole("button", { name: /review my choices/i }).waitFor();
  await shows(page, lines);
  for (const contest of await page.getByRole("group").all()) await contest.locator("input").first().check();
  await page.getByRole("button", { name: /review my choices/i }).click();
  await page.getByRole("button", { name: /cast my vote/i }).click();
  await page.getByRole("heading", { name: /thank you for voting/i }).waitFor();
  await shows(page, [lines[1]]);
  await election.close();
  for (const path of ["results", "receipt"]) {
    await page.goto(`${service.origin}/elections/${election.id}/${path}`);
    await shows(page, path === "results" ? lines : [lines[1]]);
  }
});

test("a mail is read without the guard of a page, and still runs nothing", async (t) => {
  const election = await electionOfAll();
  await election.open();
  const page = await open(t, desktop);
  await guard(t, page);
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  const some = isLong ? lines.keys() : [0, 1, 11, 20, 40, 60];
  for (const place of some) {
    const { html, text } = await service.mails.to(`all-${place}@example.org`);
    await page.setContent(html);
    await shows(page, [...lines.slice(0, 30), inMail(lines[place])]);
    assert.ok(plain(text).includes(inMail(lines[place])), text);
  }
  assert.deepEqual(requests, [], "a mail loads nothing");
});

/** A demo that keeps its mails for its own inbox. */
async function demo(t) {
  const directory = await mkdtemp(path.join(tmpdir(), "uvote-inbox-"));
  await chmod(directory, 0o755);
  const port = await freePort();
  const program = path.join(path.resolve(project, process.env.CARGO_TARGET_DIR ?? "target"), "debug", "uvote");
  const { SMTP_URL, ...env } = process.env;
  const options = ["demo", "--no-sample", "--bind", `127.0.0.1:${port}`, "--data-dir", directory];
  const running = spawn(program, options, { env: { ...env, UVOTE_METRICS_BIND: "off", UVOTE_LIMITS: "off" }, stdio: "ignore" });
  t.after(async () => {
    running.kill("SIGTERM");
    if (running.exitCode === null) await once(running, "exit");
    await rm(directory, { recursive: true, force: true });
  });
  const origin = `http://localhost:${port}`;
  const isReady = () => fetch(`${origin}/health/ready`).then((answer) => answer.ok, () => false);
  while (!(await isReady())) assert.equal(running.exitCode, null, "the demo runs");
  return origin;
}

test("the development inbox shows mails as they are, and runs nothing of them", async (t) => {
  const origin = await demo(t);
  const page = await open(t, desktop);
  complaintsOf(page).expect(new RegExp(`asks ${origin}/`));
  await guard(t, page);
  for (const [place, name] of everywhere.entries()) {
    const body = JSON.stringify({ email: `inbox-${place}@example.org`, password: PASSWORD, name });
    const answer = await fetch(`${origin}/api/v1/auth/register`, { method: "POST", headers: { "content-type": "application/json" }, body });
    assert.equal(answer.status, 202);
  }
  const mails = page.locator("a[href^='/dev/inbox/']");
  while ((await mails.count()) < everywhere.length) await page.goto(`${origin}/dev/inbox`);
  const addresses = await mails.evaluateAll((links) => links.map((link) => link.href));
  const seen = [];
  for (const address of addresses) {
    await page.goto(address);
    seen.push(await shown(page));
    await page.goto(`${address}/html`);
    seen.push(await shown(page));
  }
  for (const name of everywhere) {
    assert.equal(seen.filter((text) => plain(text).includes(inMail(name))).length >= 2, true, name);
  }
});
