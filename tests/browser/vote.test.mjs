// A voter's whole way, from the link to the receipt.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desktop, narrow, open, phone, withoutScript } from "./support/browser.mjs";
import { inspect } from "./support/inspect.mjs";
import { Organiser } from "./support/organiser.mjs";
import { BLANK, SUBMIT, Voter, told } from "./support/voter.mjs";

const organiser = await Organiser.register();

const council = {
  title: "Student council",
  contests: [
    { title: "Speaker", candidates: [{ name: "Ada", description: "For longer breaks." }, { name: "Ben" }] },
    { title: "Council", seats: 2, candidates: [{ name: "Cleo" }, { name: "Dan" }, { name: "Eve" }] },
  ],
};

test("votes on a phone by the link", async (t) => {
  const election = await organiser.openElection(council, 1);
  const voter = new Voter(await open(t, phone), election.invited[0]);
  await voter.openLink();
  await voter.seesBallot();
  await inspect(voter.page, "ballot");
  await voter.choose({ Speaker: "Ada", Council: ["Cleo", "Eve"] });
  await inspect(voter.page, "ballot-filled");
  await voter.review();
  await inspect(voter.page, "review");
  await voter.cast();
  const receipt = await voter.receipt();
  await inspect(voter.page, "voted");
  assert.ok(await election.includes(receipt));
  await election.close();
  assert.deepEqual(await election.tally(), [
    { blank: 0, Ada: 1, Ben: 0 },
    { blank: 0, Cleo: 1, Dan: 0, Eve: 1 },
  ]);
});

test("votes on a desktop without JavaScript by pasting the code", async (t) => {
  const election = await organiser.openElection(council, 1);
  const voter = new Voter(await open(t, desktop, withoutScript), election.invited[0]);
  await voter.openLink();
  await inspect(voter.page, "code");
  await voter.pasteCode();
  await voter.seesBallot();
  await inspect(voter.page, "ballot");
  await voter.choose({ Speaker: "Ben", Council: "Dan" });
  await voter.review();
  await inspect(voter.page, "review");
  await voter.cast();
  const receipt = await voter.receipt();
  await inspect(voter.page, "voted");
  assert.ok(await election.includes(receipt));
  await election.close();
  assert.deepEqual(await election.tally(), [
    { blank: 0, Ada: 0, Ben: 1 },
    { blank: 0, Cleo: 0, Dan: 1, Eve: 0 },
  ]);
});

test("takes the whole link in place of the code", async (t) => {
  const election = await organiser.openElection({}, 1);
  const voter = new Voter(await open(t, phone, withoutScript), election.invited[0]);
  await voter.pasteCode(`  ${voter.link}\n`);
  assert.ok(await election.includes(await voter.votes({ Chair: "Ada" })));
});

test("shows every page at 320 pixels", async (t) => {
  const election = await organiser.openElection(council, 1);
  const voter = new Voter(await open(t, narrow), election.invited[0]);
  await voter.openLink();
  await voter.seesBallot();
  await inspect(voter.page, "narrow-ballot");
  await voter.choose({ Speaker: "Ada", Council: "Dan" });
  await voter.review();
  await inspect(voter.page, "narrow-review");
  await voter.cast();
  await voter.receipt();
  await inspect(voter.page, "narrow-voted");
});

test("keeps the code out of the address bar and the history", async (t) => {
  const election = await organiser.openElection({}, 1);
  const voter = new Voter(await open(t, phone), election.invited[0]);
  await voter.openLink();
  await voter.votes({ Chair: "Ada" });
  const devtools = await voter.page.context().newCDPSession(voter.page);
  const { entries } = await devtools.send("Page.getNavigationHistory");
  const visited = entries.flatMap(({ url, userTypedURL, title }) => [url, userTypedURL, title]);
  assert.ok(visited.some((url) => url.includes(`/vote/${election.id}`)));
  assert.deepEqual(visited.filter((url) => url.includes(voter.code)), []);
});

test("casts a blank vote where nobody is wanted", async (t) => {
  const election = await organiser.openElection(council, 1);
  const voter = new Voter(await open(t, phone), election.invited[0]);
  await voter.openLink();
  await voter.votes({ Speaker: BLANK, Council: BLANK });
  await election.close();
  assert.deepEqual(await election.tally(), [
    { blank: 1, Ada: 0, Ben: 0 },
    { blank: 1, Cleo: 0, Dan: 0, Eve: 0 },
  ]);
});

test("marks nothing for the voter", async (t) => {
  const election = await organiser.openElection(council, 1);
  const voter = new Voter(await open(t, phone), election.invited[0]);
  await voter.openLink();
  await voter.seesBallot();
  assert.equal(await voter.page.locator("input:checked").count(), 0);
});

test("reviews the choices in words, and goes back to change them", async (t) => {
  const election = await organiser.openElection(council, 1);
  const voter = new Voter(await open(t, phone), election.invited[0]);
  await voter.openLink();
  await voter.seesBallot();
  await voter.choose({ Speaker: "Ada", Council: BLANK });
  await voter.review();
  const review = await voter.reads();
  assert.match(review, /Speaker\s+Ada/);
  assert.match(review, /Council\s+.*blank/i);
  assert.doesNotMatch(review, /\b[0-9a-f]{8,}\b/i, "no hexadecimal string");
  await voter.changesMind();
  await voter.choose({ Speaker: "Ben" });
  await voter.review();
  assert.match(await voter.reads(), /Speaker\s+Ben/);
  await voter.cast();
  await voter.receipt();
  await election.close();
  assert.equal((await election.tally())[0].Ben, 1);
});

test("has one submit button on each page, its main act", async (t) => {
  const election = await organiser.openElection({}, 1);
  const voter = new Voter(await open(t, desktop, withoutScript), election.invited[0]);
  // The review holds the ballot as well, out of sight until somebody wants to change it.
  const submits = voter.page.locator(SUBMIT).filter({ visible: true });
  await voter.openLink();
  assert.equal(await submits.count(), 1, "asking for the code");
  await voter.pasteCode();
  await voter.choose({ Chair: "Ada" });
  assert.equal(await submits.count(), 1, "on the ballot");
  await voter.review();
  assert.match(await voter.page.locator(SUBMIT).first().innerText(), /cast/i);
  assert.equal(await submits.count(), 1, "on the review");
});

for (const [device, settings] of [["with", [phone]], ["without", [desktop, withoutScript]]]) {
  test(`ties too many marks to their field ${device} JavaScript, and goes there`, async (t) => {
    const election = await organiser.openElection(council, 1);
    const voter = new Voter(await open(t, ...settings), election.invited[0]);
    await voter.pasteCode();
    await voter.seesBallot();
    await voter.choose({ Speaker: "Ada", Council: ["Cleo", "Dan", "Eve"] });
    await voter.reviewButton.click();
    await voter.isTold(told.tooMany);
    await inspect(voter.page, "ballot-too-many");
    assert.equal(await voter.page.locator("input:checked").count(), 4, "the marks are kept");
    const mistaken = voter.contest("Council");
    const focused = mistaken.locator(":focus");
    assert.equal(await focused.count(), 1, "the focus is in the mistaken contest");
    assert.equal(await focused.getAttribute("aria-invalid"), "true");
    assert.match(await descriptionOf(focused), told.tooMany);
    await mistaken.getByLabel("Eve").uncheck();
    await voter.review();
  });
}

/** The texts that describe a field, or the group it stands in. */
async function descriptionOf(field) {
  return field.evaluate((field) =>
    [field, field.closest("fieldset")]
      .flatMap((element) => (element?.getAttribute("aria-describedby") ?? "").split(/\s+/))
      .map((id) => document.getElementById(id)?.textContent ?? "")
      .join(" "),
  );
}
