// What every page keeps to, in every state of an election, on every device and in every language.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { desktop, narrow, open, phone, withoutScript } from "./support/browser.mjs";
import { Desk } from "./support/desk.mjs";
import { accessible, fits, inspect } from "./support/inspect.mjs";
import { Organiser, address } from "./support/organiser.mjs";
import { project, service } from "./support/service.mjs";
import { Voter } from "./support/voter.mjs";

const organiser = await Organiser.register();
const board = {
  title: "Board of the Society for the Advancement of Unreasonably Longwindedassociationnames",
  contests: [
    { title: "Chair", description: "Leads the board.", candidates: [{ name: "Ada", description: "Likes numbers." }, { name: "Ben" }] },
    { title: "Council", seats: 2, candidates: [{ name: "Cleo" }, { name: "Dan" }, { name: "Eve" }] },
  ],
};

/** One election in each state, the draft with a roll that is larger than a page. */
async function everyState() {
  const empty = await organiser.expect(201, "POST", "/elections", { body: { title: "Nothing yet" } });
  const draft = await organiser.draft(board, 1);
  const roll = ["email", ...Array.from({ length: 1233 }, (_, place) => `voter-${place}@example.com`)];
  await draft.expect(200, "POST", "/voters/import", { body: roll.join("\n"), type: "text/csv" });
  const active = await organiser.openElection({ ...board, title: "Open board", time_zone: "Europe/Berlin" }, 8);
  for (const voter of active.invited.slice(0, 6)) await active.castByHttp(voter, () => [0]);
  const shown = await organiser.openElection({ ...board, title: "Watched board", tally_visibility: "everyone" }, 2);
  const scheduled = await organiser.openElection({ ...board, title: "Later", opens_at: "2099-01-01T00:00:00Z" }, 1);
  const unpublished = await organiser.openElection({ ...board, title: "Counted", publication: "manual" }, 3);
  await unpublished.castByHttp(unpublished.invited[0]);
  await unpublished.close();
  const published = await organiser.openElection({ ...board, title: "Published" }, 3);
  for (const [place, voter] of published.invited.entries()) await published.castByHttp(voter, () => [place % 2]);
  await published.close();
  const archived = await organiser.openElection({ ...board, title: "Put away" }, 1);
  await archived.close();
  await archived.expect(200, "POST", "/archive");
  return { empty, draft, active, shown, scheduled, unpublished, published, archived };
}

const elections = await everyState();

const sections = ["", "/ballot", "/voters", "/settings", "/mails", "/audit"];

/** The pages of an organiser, each with a name for its screenshots. */
async function pagesOf({ empty, draft, active, shown, scheduled, unpublished, published, archived }) {
  const of = (name, { id }, paths) => paths.map((path) => [`${name}${path.replaceAll("/", "-")}`, `/elections/${id}${path}`]);
  const [contest] = draft.body.contests;
  const ofContest = `/ballot/contests/${contest.id}`;
  const [voter] = await active.voters(active.addresses[7]);
  const [voted] = await active.voters(active.addresses[0]);
  return [
    ["dashboard", "/dashboard"],
    ["dashboard-nothing-found", "/dashboard?q=nowhere"],
    ["new", "/elections/new"],
    ["account", "/account"],
    ...["email", "password", "second-factor", "activity", "delete"].map((path) => [`account-${path}`, `/account/${path}`]),
    ["organisation-new", "/organisations/new"],
    ["organisation", `/organisations/${draft.body.organisation_id}`],
    ["organisation-log", `/organisations/${draft.body.organisation_id}/log`],
    ...of("empty", empty, sections),
    ...of("draft", draft, [...sections, "/ballot/preview", "/voters/import", "/delete"]),
    ["draft-contest", `/elections/${draft.id}${ofContest}`],
    ["draft-candidate", `/elections/${draft.id}${ofContest}/candidates/${contest.candidates[0].id}`],
    ["draft-roll-nobody", `/elections/${draft.id}/voters?q=nobody`],
    ...of("active", active, [...sections, "/voters/import", "/mails/reminders", "/close"]),
    ["active-voter", `/elections/${active.id}/voters/${voter.id}`],
    ["active-voter-voted", `/elections/${active.id}/voters/${voted.id}`],
    ...of("shown", shown, ["", "/voters", "/mails", "/results"]),
    ...of("scheduled", scheduled, ["", "/mails"]),
    ...of("unpublished", unpublished, ["", "/mails", "/results", "/publish"]),
    ...of("published", published, [...sections, "/results", "/receipt"]),
    ...of("archived", archived, ["", "/results"]),
    ["nowhere", "/elections/00000000-0000-4000-8000-000000000000"],
  ];
}

const pages = await pagesOf(elections);
const publicPages = ["/", "/login", "/register", "/forgot-password", "/reset-password", "/verify-email"];

for (const device of [desktop, phone]) {
  test(`every page is accessible, light and in its place at ${device.viewport.width} pixels`, async (t) => {
    const desk = await Desk.signIn(t, organiser, device);
    for (const [name, address] of pages) {
      await desk.opens(address);
      await inspect(desk.page, name);
    }
  });
}

test("every page is accessible and in its place at 320 pixels without JavaScript", async (t) => {
  const desk = await Desk.signIn(t, organiser, narrow, withoutScript);
  for (const [, address] of pages) {
    await desk.opens(address);
    await fits(desk.page);
    await accessible(desk.page);
  }
});

test("nothing is scrolled sideways at twice the size", async (t) => {
  const zoomed = { viewport: { width: 640, height: 512 }, deviceScaleFactor: 2 };
  const desk = await Desk.signIn(t, organiser, zoomed);
  for (const [, address] of pages) {
    await desk.opens(address);
    await fits(desk.page);
  }
});

test("every page is kept by nobody and runs nothing but our files, which are kept for ever", async (t) => {
  const { page } = await Desk.signIn(t, organiser, desktop);
  const assets = new Set();
  for (const address of [...publicPages, ...pages.map(([, address]) => address), `/vote/${elections.active.id}`]) {
    const answer = await page.request.get(`${service.origin}${address}`, { headers: { accept: "text/html" } });
    const headers = answer.headers();
    const policy = headers["content-security-policy"] ?? "";
    assert.match(policy, /default-src 'none'/, address);
    assert.match(policy, /frame-ancestors 'none'/, address);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/, address);
    assert.equal(headers["cache-control"], "no-store", address);
    assert.equal(headers["x-content-type-options"], "nosniff", address);
    assert.match(headers["referrer-policy"], /no-referrer|same-origin/, address);
    const html = await answer.text();
    assert.doesNotMatch(html, /<[^>]+ (on\w+|style)=|<style|<script(?![^>]* src=)/, `${address} has nothing inline`);
    for (const [, asset] of html.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)) assets.add(asset);
  }
  assert.ok(assets.size >= 6, [...assets].join(" "));
  for (const asset of assets) {
    const answer = await page.request.get(`${service.origin}${asset}`);
    assert.match(answer.headers()["cache-control"], /max-age=31536000.*immutable/, asset);
  }
});

test("the e-mail in its frame runs nothing", async (t) => {
  const { page } = await Desk.signIn(t, organiser, desktop);
  const answer = await page.request.get(`${service.origin}/elections/${elections.draft.id}/mails/preview`);
  const policy = answer.headers()["content-security-policy"];
  assert.match(policy, /default-src 'none'.*sandbox/);
  assert.doesNotMatch(policy, /script-src|allow-(same-origin|forms|popups|top)/);
});

/** The names of all messages, none of which may stand on a page in place of its words. */
async function messageNames() {
  const directory = path.join(project, "locales", "en");
  const files = await Promise.all((await readdir(directory)).map((file) => readFile(path.join(directory, file), "utf8")));
  const names = files.join("\n").match(/^[a-z][\w-]*(?= =)/gm);
  return names.filter((name) => name.split("-").length > 2 || name.includes("_"));
}

for (const [locale, language] of [["de-DE", "de"], ["fr-FR", "en"]]) {
  test(`a browser in ${locale} reads every page in "${language}", with no word missing`, async (t) => {
    const names = await messageNames();
    assert.ok(names.length > 300, `${names.length} names`);
    const { page } = await Desk.signIn(t, organiser, desktop, { locale });
    for (const [, address] of pages) {
      const html = await (await page.request.get(`${service.origin}${address}`, { headers: { "accept-language": locale } })).text();
      assert.ok(html.includes(`<html lang="${language}">`), `${address} is in "${language}"`);
      const words = new Set(html.replace(/<[^>]*>/g, " ").split(/[^\w-]+/));
      assert.deepEqual(names.filter((name) => words.has(name)), [], address);
    }
  });
}

test("German pages write numbers and dates the German way, and fit", async (t) => {
  const desk = await Desk.signIn(t, organiser, phone, { locale: "de-DE" });
  for (const [name, address] of pages) {
    await desk.opens(address);
    await fits(desk.page);
    if (/^(draft|active)(-voters)?$/.test(name)) await inspect(desk.page, `german-${name}`);
  }
  await desk.opens("/dashboard");
  assert.match(await desk.page.title(), /^Ihre Wahlen/);
  await desk.opens(`/elections/${elections.draft.id}/voters`);
  await desk.isTold("1.234");
  await desk.opens(`/elections/${elections.active.id}/audit`);
  await desk.isTold(/(Mon|Diens|Mitt|Donners|Frei|Sams|Sonn)(tag|woch), \d{1,2}\. \p{L}+ 20\d\d/u);
});

test("a language chosen by its link stays chosen", async (t) => {
  const desk = await Desk.signIn(t, organiser, desktop, { locale: "de-DE" });
  const languages = desk.page.getByRole("contentinfo");
  await languages.getByRole("link", { name: "English" }).click();
  await desk.main.getByRole("heading", { name: "Your elections" }).waitFor();
  await desk.opens("/elections/new");
  assert.equal(await desk.page.locator("html").getAttribute("lang"), "en");
  await languages.getByRole("link", { name: "Deutsch" }).click();
  await desk.page.locator("html[lang=de]").waitFor();
  await desk.opens(`/elections/${elections.active.id}`);
  assert.equal(await desk.page.locator("html").getAttribute("lang"), "de");
});

test("a whole vote, in either language, sets no cookie", async (t) => {
  const election = await organiser.openElection({}, 1);
  const page = await open(t, phone, { locale: "de-DE" });
  const voter = new Voter(page, election.invited[0]);
  await voter.openLink();
  await page.locator("html[lang=de]").waitFor();
  await page.getByRole("link", { name: "English" }).click();
  await voter.votes({ Chair: "Ada" });
  await page.goto(`${service.origin}/elections/${election.id}/results?lang=de`);
  await page.goto(`${service.origin}/elections/${election.id}/receipt`);
  assert.deepEqual(await page.context().cookies(), []);
});

test("tells how long the first paint takes", async (t) => {
  const desk = await Desk.signIn(t, organiser, desktop);
  const { draft, active, published } = elections;
  const measured = ["/dashboard", `/elections/${active.id}`, `/elections/${draft.id}/ballot`, `/elections/${draft.id}/voters`, `/elections/${published.id}/results`];
  for (const address of measured) {
    await desk.opens(address);
    const paint = await desk.page.evaluate(
      () =>
        new Promise((resolve) => {
          const observer = new PerformanceObserver((list) => resolve(list.getEntriesByName("first-contentful-paint")[0].startTime));
          observer.observe({ type: "paint", buffered: true });
        }),
    );
    t.diagnostic(`${address.replace(/[0-9a-f-]{36}/, "{id}")}: ${Math.round(paint)} ms`);
  }
});
