// The live page of an election moves by itself, and says when it can't.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desktop, phone } from "./support/browser.mjs";
import { Desk } from "./support/desk.mjs";
import { inspect } from "./support/inspect.mjs";
import { Line } from "./support/line.mjs";
import { Organiser, address } from "./support/organiser.mjs";
import { service } from "./support/service.mjs";
import { complaintsOf } from "./support/watch.mjs";

const organiser = await Organiser.register();

/** The live page of an open election, once its numbers move. */
async function watching(t, voters, ...devices) {
  const election = await organiser.openElection({}, voters);
  const desk = await Desk.signIn(t, organiser, ...devices);
  await desk.opens(`/elections/${election.id}`);
  await desk.main.locator("[data-connection][data-state=live]").waitFor();
  return { election, desk };
}

/** Waits until a live number reads so. */
async function shows(desk, name, text) {
  const number = desk.page.locator(`[data-live=${name}]`);
  await number.and(desk.page.getByText(text, { exact: true })).waitFor()
    .catch(async () => assert.equal(await number.innerText(), text, name));
}

test("turnout, chart and deliveries move while votes come, without a reload", async (t) => {
  const { election, desk } = await watching(t, 12, desktop);
  let loads = 0;
  desk.page.on("load", () => loads++);
  await shows(desk, "ballots_cast", "0");
  await shows(desk, "percent", "0");
  await shows(desk, "sent", "12");
  await desk.isTold("The first bar appears when five have voted.");
  for (const voter of election.invited.slice(0, 4)) await election.castByHttp(voter);
  await shows(desk, "ballots_cast", "4");
  await shows(desk, "percent", "33.33");
  const bars = desk.page.locator("[data-chart] rect.mark");
  assert.equal(await bars.count(), 0, "fewer than five votes make no bar");
  for (const voter of election.invited.slice(4, 9)) await election.castByHttp(voter);
  await shows(desk, "ballots_cast", "9");
  await shows(desk, "percent", "75");
  await bars.first().waitFor();
  assert.equal(await desk.page.locator("[data-ring]").getAttribute("stroke-dashoffset"), "25");
  await desk.unfolds("As a table");
  const rows = await desk.main.locator("[data-minutes] td.number").allInnerTexts();
  assert.equal(rows.reduce((sum, ballots) => sum + Number(ballots), 0), 9, "the table holds what the chart shows");
  await inspect(desk.page, "live-table");

  const release = service.mails.hold();
  const email = address("late");
  const body = { email };
  const { id } = await election.expect(201, "POST", "/voters", { body });
  await shows(desk, "eligible", "13");
  await election.expect(202, "POST", `/voters/${id}/invitation`);
  await shows(desk, "queued", "1");
  release();
  await shows(desk, "sent", "13");
  await shows(desk, "queued", "0");
  assert.equal(loads, 0, "without a reload");
});

test("numbers in German move in the German form", async (t) => {
  const { election, desk } = await watching(t, 3, phone, { locale: "de-DE" });
  await election.castByHttp(election.invited[0]);
  await shows(desk, "percent", "33,33");
  await desk.page.reload();
  assert.equal(await desk.page.locator("[data-live=percent]").innerText(), "33,33", "as the service writes it");
});

test("says that the connection is lost, and comes back by itself", async (t) => {
  const line = await Line.open(t);
  const { election, desk } = await watching(t, 2, desktop, line.device);
  complaintsOf(desk.page).expect(/WebSocket connection/);
  line.hangUp();
  await desk.isTold("Connection lost, trying again");
  await inspect(desk.page, "live-lost");
  await election.castByHttp(election.invited[0]);
  assert.equal(await desk.page.locator("[data-live=ballots_cast]").innerText(), "0");
  line.mend();
  await desk.main.getByText("Live", { exact: true }).waitFor({ timeout: 30_000 });
  await shows(desk, "ballots_cast", "1");
  await shows(desk, "percent", "50");
});

test("says that somebody else has closed the election, and moves nothing under a finger", async (t) => {
  const { election, desk } = await watching(t, 2, desktop);
  const button = desk.main.getByRole("link", { name: "Close the election" });
  const place = await button.boundingBox();
  await election.close();
  await desk.isTold("This election has moved on.");
  assert.deepEqual(await button.boundingBox(), place);
  await inspect(desk.page, "live-moved");
  await desk.follows("Show it as it is now");
  await desk.isTold("The results are public.");
});

test("an address that does not exist is shown, corrected, and gets its link", async (t) => {
  const right = address("right");
  const election = await organiser.draft({}, 1);
  await election.expect(201, "POST", "/voters", { body: { email: address("unknown") } });
  const desk = await Desk.signIn(t, organiser, desktop);
  await desk.opens(`/elections/${election.id}`);
  await desk.presses("Open the election");
  await desk.main.locator("[data-connection][data-state=live]").waitFor();
  await shows(desk, "failed", "1");
  await desk.page.reload();
  await desk.isTold("No such mailbox");
  await inspect(desk.page, "live-failed");
  await desk.follows("Mend failed addresses");
  await inspect(desk.page, "mails-failed");
  await desk.follows(/^Correct the address/);
  await desk.fills({ "E-mail address": right });
  await desk.presses("Save");
  await desk.isTold("A new link is on its way there");
  await election.castByHttp(await election.invitation(right));
  await desk.turnsTo("Overview");
  assert.equal(await desk.page.locator("[data-live=ballots_cast]").innerText(), "1");
});

test("a send that is stopped mails nobody more", async (t) => {
  const election = await organiser.draft({}, 150);
  const desk = await Desk.signIn(t, organiser, desktop);
  const release = service.mails.hold();
  t.after(release);
  await desk.opens(`/elections/${election.id}`);
  await desk.presses("Open the election");
  await desk.isTold("the invitations are on their way");
  await desk.turnsTo("E-mails");
  await desk.unfolds("Stop what is waiting");
  await desk.presses("Stop the sending");
  await desk.isTold(/\d+ e-mails were stopped\./);
  const stopped = Number((await desk.reads()).match(/(\d+) e-mails were stopped/)[1]);
  assert.ok(stopped >= 50, `${stopped} were stopped`);
  await desk.isTold(`${stopped} voters have not been invited yet.`);
  await inspect(desk.page, "mails-stopped");
  release();
  await shows(desk, "queued", "0");
  await shows(desk, "sent", String(150 - stopped));
});
