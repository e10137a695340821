// Mail scanners fetch links, run scripts and press buttons. None of that casts a vote.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desktop, open, phone } from "./support/browser.mjs";
import { Organiser } from "./support/organiser.mjs";
import { SUBMIT, Voter } from "./support/voter.mjs";

const organiser = await Organiser.register();
const PAGES = 6;

/** The link still takes its voter to a receipt. */
async function assertUnspent(t, election) {
  assert.equal(await election.ballotsCast(), 0);
  const voter = new Voter(await open(t, phone), election.invited[0]);
  await voter.openLink();
  const marks = Object.fromEntries(election.body.contests.map((contest) => [contest.title, "Ada"]));
  assert.ok(await election.includes(await voter.votes(marks)));
}

const elections = {
  "radio buttons": {},
  checkboxes: { contests: [{ title: "Council", seats: 2, candidates: [{ name: "Ada" }, { name: "Ben" }] }] },
};

for (const [fields, draft] of Object.entries(elections)) {
  test(`a scanner that presses the first button of each page spends nothing (${fields})`, async (t) => {
    const election = await organiser.openElection(draft, 1);
    const page = await open(t, desktop);
    await page.goto(election.invited[0].link);
    for (let pages = 0; pages < PAGES; pages++) {
      await page.waitForLoadState("networkidle");
      // A scanner does not care for what the browser would complain about.
      await page.evaluate(() => document.querySelectorAll("form").forEach((form) => (form.noValidate = true)));
      const button = page.locator(SUBMIT).first();
      if (await button.isVisible()) await button.click();
    }
    await assertUnspent(t, election);
  });
}

test("a scanner that fetches the link and every link on its page spends nothing", async (t) => {
  const election = await organiser.openElection({}, 1);
  const { link } = election.invited[0];
  for (const method of ["HEAD", "GET"]) await fetch(link, { method });
  const page = await (await fetch(link)).text();
  const addresses = [...page.matchAll(/(?:href|action)="([^"#]+)"/g)].map(([, href]) => new URL(href, link));
  for (const address of addresses.filter(({ protocol }) => protocol === "http:")) await fetch(address);
  await assertUnspent(t, election);
});
