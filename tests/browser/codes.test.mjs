// A code that gets no ballot says plainly why, and what to do.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desktop, open, phone, withoutScript } from "./support/browser.mjs";
import { inspect } from "./support/inspect.mjs";
import { Organiser } from "./support/organiser.mjs";
import { service } from "./support/service.mjs";
import { Voter, told } from "./support/voter.mjs";

const organiser = await Organiser.register();
const contact = /board@example\.org/;

/** Opens a link on a phone and pastes its code without JavaScript; both are told the same. */
async function assertTold(t, invited, what, name) {
  const clicks = new Voter(await open(t, phone), invited);
  await clicks.openLink();
  await clicks.isTold(what);
  await clicks.isTold(contact);
  await inspect(clicks.page, name);
  const pastes = new Voter(await open(t, desktop, withoutScript), invited);
  await pastes.pasteCode();
  await pastes.isTold(what);
  await inspect(pastes.page, name);
}

test("a wrong code is told to be wrong, tied to its field, and can be mended on the spot", async (t) => {
  const election = await organiser.openElection({}, 1);
  const [invited] = election.invited;
  const voter = new Voter(await open(t, phone, withoutScript), invited);
  await voter.pasteCode("A".repeat(43));
  await voter.isTold(told.unknownCode);
  await voter.isTold(contact);
  await inspect(voter.page, "code-unknown");
  const field = voter.page.getByRole("textbox");
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.ok(await field.evaluate((field) => field === document.activeElement), "the field has the focus");
  await field.fill(invited.code);
  await field.press("Enter");
  assert.ok(await election.includes(await voter.votes({ Chair: "Ada" })));
});

test("a link cut short in the mail is told to be wrong", async (t) => {
  const election = await organiser.openElection({}, 1);
  const [invited] = election.invited;
  const voter = new Voter(await open(t, phone), { ...invited, link: invited.link.slice(0, -5) });
  await voter.openLink();
  await voter.isTold(told.unknownCode);
});

test("a link of no election is told to be wrong", async (t) => {
  const [invited] = (await organiser.openElection({}, 1)).invited;
  const election = { id: "0199c000-0000-7000-8000-000000000000" };
  const link = `${service.origin}/vote/${election.id}#${invited.code}`;
  const voter = new Voter(await open(t, phone), { ...invited, link, election });
  await voter.openLink();
  await voter.isTold(told.unknownCode);
});

test("a replaced link sends its voter to the newer mail", async (t) => {
  const election = await organiser.openElection({}, 1);
  const [old] = election.invited;
  const fresh = await election.invitedAgain(old);
  await assertTold(t, old, told.replaced, "code-replaced");
  const voter = new Voter(await open(t, phone), fresh);
  await voter.openLink();
  await voter.seesBallot();
});

test("a used link says that the vote is in", async (t) => {
  const election = await organiser.openElection({}, 1);
  await election.castByHttp(election.invited[0]);
  await assertTold(t, election.invited[0], told.used, "code-used");
});

test("an expired link says so", async (t) => {
  const election = await organiser.openElection({}, 1);
  const issued = "UPDATE voting_tokens SET issued_at = issued_at - interval '169 hours' WHERE election_id = $1";
  const opened = "UPDATE election_heads SET opens_at = opens_at - interval '169 hours' WHERE election_id = $1";
  for (const statement of [issued, opened]) await service.sql(statement, [election.id]);
  await assertTold(t, election.invited[0], told.expired, "code-expired");
});

test("a link that comes before the opening says that voting has not begun", async (t) => {
  const election = await organiser.openElection({ opens_at: "2100-01-01T09:00:00Z" }, 1);
  await assertTold(t, election.invited[0], told.notYetOpen, "code-early");
  const voter = new Voter(await open(t, phone), election.invited[0]);
  await voter.openLink();
  await voter.isTold(told.notYetOpen);
  const page = await voter.reads();
  assert.match(page, /2100/, "it says when to come back");
  assert.doesNotMatch(page, told.over);
});

test("a link that comes after the close says that voting is over", async (t) => {
  const election = await organiser.openElection({}, 1);
  await election.close();
  await assertTold(t, election.invited[0], told.over, "code-late");
  const voter = new Voter(await open(t, phone), election.invited[0]);
  await voter.openLink();
  await voter.isTold(told.over);
  assert.doesNotMatch(await voter.reads(), /not begun|has not opened/i);
});

for (const where of ["asking for the code", "on a ballot"]) {
  test(`a second voter's link in a tab ${where} brings the second voter's ballot`, async (t) => {
    const election = await organiser.openElection({}, 2);
    const [first, second] = election.invited;
    const page = await open(t, desktop);
    if (where === "on a ballot") {
      const voter = new Voter(page, first);
      await voter.openLink();
      await voter.seesBallot();
      await voter.choose({ Chair: "Ben" });
    } else {
      await page.goto(`${service.origin}/vote/${election.id}`);
    }
    const voter = new Voter(page, second);
    await voter.openLink();
    await page.locator("input[type=radio]:checked").waitFor({ state: "detached" });
    await voter.votes({ Chair: "Ada" });
    assert.deepEqual([await election.hasVoted(first), await election.hasVoted(second)], [false, true]);
  });
}
