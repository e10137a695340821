// A whole election through the pages, from a name to its results.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desktop, open, phone, withoutScript } from "./support/browser.mjs";
import { Desk } from "./support/desk.mjs";
import { inspect } from "./support/inspect.mjs";
import { Organiser, address } from "./support/organiser.mjs";
import { service } from "./support/service.mjs";
import { Voter } from "./support/voter.mjs";

const PUBLISHED = "The results are public.";

/** A desk with a new election, in front of its empty ballot. */
async function newElection(t, title, ...devices) {
  const organiser = await Organiser.register();
  const desk = await Desk.signIn(t, organiser, ...devices);
  await desk.follows("New election");
  await desk.fills({ Title: title, Description: "The board leads the club for a year." });
  await desk.presses("Create and write the ballot");
  await desk.isTold("Now its ballot");
  return { organiser, desk };
}

async function addsContest(desk, title, candidates, seats) {
  const isFirst = await desk.main.getByRole("heading", { name: "What is being decided?" }).isVisible();
  if (!isFirst) await desk.unfolds("Add another contest");
  await desk.fills({ Title: title, "Candidates or answers": candidates.join("\n"), "How many can win?": seats });
  await desk.presses("Add the contest");
  await desk.main.getByRole("heading", { name: title, exact: true }).waitFor();
}

const rollOf = (addresses) => ["email,first_name,last_name", ...addresses.map((email) => `${email},Vera,Voter`)].join("\n");

async function addsVoters(desk, addresses) {
  await desk.fills({ "Paste a list": rollOf(addresses) });
  await desk.main.getByRole("button", { name: "Check the list" }).first().click();
  await desk.presses(/^Add \d+ voters$/);
  await desk.isTold(`${addresses.length} voters were added`);
}

async function closes(desk, title) {
  await desk.turnsTo("Overview");
  await desk.follows("Close the election");
  await desk.main.getByRole("heading", { name: `Close “${title}”?` }).waitFor();
  return () => desk.presses(`Close “${title}”`);
}

test("runs a whole election through the pages on a desktop", async (t) => {
  const title = "Board of the chess club";
  const { organiser, desk } = await newElection(t, title, desktop);
  const voters = Array.from({ length: 14 }, () => address("voter"));
  await writesBallot(desk);
  await bringsRoll(desk, voters);
  await setsTimes(desk);
  await opensElection(desk, organiser, voters);
  const election = await organiser.election(desk.electionId);
  const invited = await Promise.all(voters.map((email) => election.invitation(email)));
  await votesComeIn(t, desk, election, invited);
  await mendsRoll(desk, election, invited);
  await extendsClosing(desk);
  await mails(desk, organiser, invited);
  await closesAndShowsResults(t, desk, election, title);
  await checksAudit(desk);
  await copiesDeletesRestores(desk, title);
});

/** Two contests, one with two seats, a photo, and what a mistake says. */
async function writesBallot(desk) {
  await inspect(desk.page, "ballot-empty");
  await addsContest(desk, "Chair", ["Ada", "Ben"], "1");
  await desk.unfolds("Add another contest");
  await desk.fills({ Title: "Council", "Candidates or answers": "Cleo\nDan\nEve", "How many can win?": "1001" });
  await desk.main.locator("form[action$='/ballot/contests']").evaluate((form) => (form.noValidate = true));
  await desk.presses("Add the contest");
  await desk.isMistakenIn("How many can win?", /from 1 to 1,000/);
  assert.equal(await desk.field("Candidates or answers").inputValue(), "Cleo\nDan\nEve", "nothing typed is lost");
  await inspect(desk.page, "ballot-refused");
  await desk.fills({ "How many can win?": "2" });
  await desk.presses("Add the contest");
  await desk.isTold("2 winners; voters mark up to 2");

  await desk.follows("Edit Ada");
  await inspect(desk.page, "candidate");
  const file = { name: "ada.png", mimeType: "image/png", buffer: await desk.page.screenshot() };
  await desk.field("Choose a photo").setInputFiles({ ...file, buffer: Buffer.from("no picture") });
  await desk.presses("Use this photo");
  await desk.isTold("This file is no JPEG, PNG, WebP or GIF image");
  await inspect(desk.page, "candidate-photo-refused");
  await desk.field("Choose a photo").setInputFiles(file);
  await desk.isTold("This is how the photo will be cut.");
  await desk.presses("Use this photo");
  const photo = desk.main.getByRole("img", { name: "Photo of Ada" });
  await photo.scrollIntoViewIfNeeded();
  await photo.evaluate((image) => image.decode());
  await inspect(desk.page, "ballot-filled");

  await desk.follows("See it as a voter");
  await desk.isTold("This is a preview");
  await inspect(desk.page, "ballot-preview");
  await desk.main.getByRole("group", { name: "Council" }).getByLabel("Eve").check();
  await desk.follows("Back to editing");
}

/** The check before adding names each bad line, and adds nothing. */
async function bringsRoll(desk, voters) {
  await desk.turnsTo("Voters");
  await inspect(desk.page, "roll-empty");
  await desk.fills({ "Paste a list": `${rollOf(voters)}\nnobody.example.org,No,Body` });
  await desk.main.getByRole("button", { name: "Check the list" }).first().click();
  await desk.isTold("One line can't be read, so nothing was added.");
  await desk.isTold("exactly one @");
  const line = desk.main.getByRole("rowheader", { name: String(voters.length + 2), exact: true });
  assert.ok(await line.isVisible(), "the bad line is numbered as in the list");
  await inspect(desk.page, "roll-rejected");
  await desk.fills({ "Paste a list": rollOf(voters) });
  await desk.main.getByRole("button", { name: "Check the list" }).first().click();
  await desk.isTold("Nothing has been changed yet");
  await inspect(desk.page, "roll-check");
  await desk.presses(`Add ${voters.length} voters`);
  await desk.isTold(`${voters.length} voters were added`);
  await inspect(desk.page, "roll");
}

/** A close before the opening is refused; the times are those of the zone. */
async function setsTimes(desk) {
  await desk.turnsTo("Settings");
  await inspect(desk.page, "settings");
  const zone = { "Time zone": "America/New_York" };
  await desk.fills({ ...zone, Opens: "2099-07-02T18:00", Closes: "2099-07-01T18:00" });
  await desk.presses("Save");
  await desk.isMistakenIn("Closes", /later than the opening/);
  await inspect(desk.page, "settings-refused");
  await desk.fills({ Opens: "", "Your own words in the invitation": "Please vote before the summer." });
  await desk.presses("Save");
  await desk.isTold("Saved.");
  assert.equal(await desk.field("Closes").inputValue(), "2099-07-01T18:00");
  const { closes_at } = await (await Organiser.of(await emailOf(desk))).expect(200, "GET", `/elections/${desk.electionId}`);
  assert.equal(closes_at, "2099-07-01T22:00:00Z", "six in the evening in New York is ten in UTC");
}

async function emailOf(desk) {
  const answer = await desk.page.request.get(`${service.origin}/dashboard`);
  return (await answer.text()).match(/organiser-\d+@example\.org/)[0];
}

/** The checklist says when everything is there; a test mail comes, and opening sends the invitations. */
async function opensElection(desk, organiser, voters) {
  await desk.turnsTo("Overview");
  await desk.isTold("Everything is there");
  await desk.isTold("1 July 2099, 18:00");
  await inspect(desk.page, "checklist-ready");
  await desk.follows("Preview of the e-mail");
  const preview = desk.page.frameLocator("iframe");
  await preview.getByText("Please vote before the summer.").waitFor();
  await inspect(desk.page, "mails-draft");
  await desk.presses("Send me a test");
  await desk.isTold("The test is on its way to you.");
  const specimen = await service.mails.to(organiser.email, "Board of the chess club");
  assert.match(specimen.text, /Please vote before the summer\./);

  await desk.turnsTo("Overview");
  await desk.isTold(`${voters.length} e-mails, each with a personal link, go out.`);
  await desk.presses("Open the election");
  await desk.isTold("the invitations are on their way");
  await desk.main.getByText("Live", { exact: true }).waitFor();
  await inspect(desk.page, "live-empty");
}

/** Two vote in the browser, many by HTTP; the page moves without a reload. */
async function votesComeIn(t, desk, election, invited) {
  await desk.page.evaluate(() => (window.untouched = true));
  const [first, second, ...others] = invited;
  for (const [voter, device] of [[first, [phone]], [second, [desktop, withoutScript]]]) {
    const booth = new Voter(await open(t, ...device), voter);
    if (device.includes(withoutScript)) await booth.pasteCode();
    else await booth.openLink();
    await booth.votes({ Chair: "Ada", Council: ["Cleo", "Eve"] });
  }
  for (const voter of others.slice(0, 5)) await election.castByHttp(voter);
  await desk.page.locator("[data-live=ballots_cast]", { hasText: /^7$/ }).waitFor();
  await desk.page.locator("[data-live=percent]", { hasText: /^50$/ }).waitFor();
  await desk.page.locator("[data-chart] rect.mark").first().waitFor();
  assert.ok(await desk.page.evaluate(() => window.untouched), "without a reload");
  await inspect(desk.page, "live");
}

/** A late voter comes, an address is corrected, a lost link is replaced. */
async function mendsRoll(desk, election, invited) {
  const [late, right] = [address("late"), address("right")];
  const [moved, lost] = invited.slice(-2);
  await desk.follows("Add a late voter");
  await inspect(desk.page, "roll-active");
  await desk.unfolds("Add a late voter");
  await desk.fills({ "E-mail address": invited[0].email });
  await desk.presses("Add the voter");
  await desk.isTold("This address is on the roll already");
  await inspect(desk.page, "roll-taken");
  await desk.fills({ "E-mail address": late, "First name": "Late", "Last name": "Comer" });
  await desk.presses("Add the voter");
  await desk.isTold("the invitation is on its way");
  await election.castByHttp(await election.invitation(late));

  await desk.follows(moved.email);
  await inspect(desk.page, "voter");
  await desk.fills({ "E-mail address": right });
  await desk.presses("Save");
  await desk.isTold("A new link is on its way there");
  await election.castByHttp(await election.invitation(right));

  await desk.turnsTo("Voters");
  await desk.fills({ "Name or address": lost.email });
  await desk.presses("Search");
  await desk.isTold("1 voter found");
  await desk.follows(lost.email);
  await desk.presses("Send a new link");
  await desk.isTold("The link is on its way");
  const again = await election.invitation(lost.email);
  assert.notEqual(again.code, lost.code);
  await election.castByHttp(again);
}

async function extendsClosing(desk) {
  await desk.turnsTo("Settings");
  await desk.fills({ Closes: "2099-06-01T18:00" });
  await desk.presses("Save");
  await desk.isMistakenIn("Closes", /can only move to a later time/);
  await inspect(desk.page, "settings-active-refused");
  await desk.fills({ Closes: "2099-08-01T18:00" });
  await desk.presses("Save");
  await desk.isTold("Saved.");
  await desk.turnsTo("Overview");
  await desk.isTold("1 August 2099, 18:00");
}

/** Reminders go to those who have not voted, and what waits can be stopped. */
async function mails(desk, organiser, invited) {
  const slow = invited.slice(7, -2);
  await desk.follows("Invite and remind");
  await desk.isTold(`${slow.length} voters have not voted yet.`);
  await inspect(desk.page, "mails-active");
  await desk.follows("Send reminders");
  await desk.isTold(`${slow.length} voters who have not voted yet will be reminded.`);
  await inspect(desk.page, "mails-confirm");
  await desk.presses(`Send ${slow.length} reminders`);
  await desk.isTold("The reminders are on their way.");
  for (const voter of slow) {
    assert.equal((await service.mails.to(voter.email)).token, voter.code, "a reminder carries the same link");
  }
  await desk.unfolds("Stop what is waiting");
  await desk.presses("Stop the sending");
  await desk.isTold("Nothing was waiting any more.");
}

/** The close names the election, and asks once more. */
async function closesAndShowsResults(t, desk, election, title) {
  const close = await closes(desk, title);
  await desk.isTold("10 of 15 have voted");
  await inspect(desk.page, "close");
  await close();
  await desk.isTold("the recount agrees");
  await desk.isTold(PUBLISHED);
  await inspect(desk.page, "live-closed");
  await desk.follows("Results");
  const row = desk.main.getByRole("row", { name: /Ada/ });
  assert.match(await row.innerText(), /Winner\s+10\s+100%/);
  await inspect(desk.page, "results");

  const stranger = await open(t, phone);
  await stranger.goto(`${service.origin}/elections/${election.id}/results`);
  await stranger.getByText("Ada has won.").waitFor();
  await inspect(stranger, "results");
  await desk.opens(`/elections/${election.id}/mails`);
  await desk.isTold("15 voters can be told where the results are.");
  await inspect(desk.page, "mails-closed");
}

async function checksAudit(desk) {
  await desk.turnsTo("Audit log");
  await desk.isTold("closed the election, with 10 ballots of 15");
  await inspect(desk.page, "audit");
  await desk.presses("Check the log");
  await desk.isTold("The log is unbroken");
  await desk.presses("Check the ballots");
  await desk.isTold("10 ballots, and the chain is intact.");
  await inspect(desk.page, "audit-checked");
}

async function copiesDeletesRestores(desk, title) {
  await desk.turnsTo("Overview");
  await desk.presses("Copy as a new draft");
  await desk.isTold("This is a copy");
  await desk.isTold("2 contests, 5 candidates.");
  await desk.isTold("Please add at least one voter");
  await inspect(desk.page, "checklist-copy");
  await desk.follows("Delete");
  await desk.main.getByRole("heading", { name: /^Delete “/ }).waitFor();
  await inspect(desk.page, "delete");
  await desk.presses(/^Delete “/);
  await desk.isTold("If that was a slip");
  await inspect(desk.page, "deleted");
  await desk.presses("Bring it back");
  await desk.isTold("The election is back.");
  await desk.opens("/dashboard");
  assert.equal(await desk.main.getByRole("link", { name: title }).count(), 2);
  await inspect(desk.page, "dashboard");
}

test("runs an election on a phone without JavaScript", async (t) => {
  const title = "Class speaker";
  const { organiser, desk } = await newElection(t, title, phone, withoutScript);
  const voters = [address("voter"), address("voter")];
  await desk.turnsTo("Overview");
  await desk.isTold("Please add a contest");
  await desk.isTold("Please add at least one voter");
  await inspect(desk.page, "checklist");
  await desk.follows(/Do it.*Ballot/);
  await inspect(desk.page, "ballot-empty");
  await addsContest(desk, "Speaker", ["Ada", "Ben"], "1");
  await desk.main.getByRole("button", { name: "Move Ben up" }).click();
  assert.match(await desk.main.getByRole("listitem").filter({ hasText: "Edit" }).first().innerText(), /^B\nBen/);
  await desk.follows("Edit Ada");
  await desk.field("Choose a photo").setInputFiles({
    name: "ada.png",
    mimeType: "image/png",
    buffer: await desk.page.screenshot(),
  });
  await desk.presses("Use this photo");
  await desk.main.getByRole("img", { name: "Photo of Ada" }).waitFor();
  await inspect(desk.page, "ballot-filled");
  await desk.follows("Next: voters");
  await addsVoters(desk, voters);
  await desk.turnsTo("Overview");
  await desk.isTold("Everything is there");
  await inspect(desk.page, "checklist-ready");
  await desk.presses("Open the election");
  await desk.isTold("the invitations are on their way");

  const election = await organiser.election(desk.electionId);
  const voter = new Voter(await open(t, phone, withoutScript), await election.invitation(voters[0]));
  await voter.pasteCode();
  await voter.votes({ Speaker: "Ben" });
  await desk.turnsTo("Overview");
  assert.equal(await desk.page.locator("[data-live=ballots_cast]").innerText(), "1");
  assert.equal(await desk.page.locator("[data-live=percent]").innerText(), "50");
  await inspect(desk.page, "live-without-script");
  const close = await closes(desk, title);
  await inspect(desk.page, "close");
  await close();
  await desk.isTold(PUBLISHED);
  await desk.follows("Results");
  await desk.isTold("Ben has won.");
});
