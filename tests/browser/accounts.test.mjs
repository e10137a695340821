// An organiser's account: how it begins, how one gets in and out, and who can't.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import { desktop, open, phone, withoutScript } from "./support/browser.mjs";
import { Desk } from "./support/desk.mjs";
import { inspect } from "./support/inspect.mjs";
import { Organiser, PASSWORD, address } from "./support/organiser.mjs";
import { service } from "./support/service.mjs";
import { complaintsOf } from "./support/watch.mjs";

const manners = [["on a desktop", [desktop]], ["on a phone without JavaScript", [phone, withoutScript]]];

for (const [manner, devices] of manners) {
  test(`registers, confirms the address and signs in ${manner}`, async (t) => {
    const desk = new Desk(await open(t, ...devices));
    const email = address("organiser");
    await desk.opens("/");
    await inspect(desk.page, "home");
    await desk.follows("Create an account");
    await inspect(desk.page, "register");
    await desk.fills({ "Your name": "Olivia", "E-mail address": email, Password: "password" });
    await desk.presses("Create the account");
    await desk.isMistakenIn("Password", /easy to guess|too short/);
    assert.equal(await desk.field("E-mail address").inputValue(), email, "nothing typed is lost");
    assert.equal(await desk.field("Your name").inputValue(), "Olivia", "nothing typed is lost");
    await inspect(desk.page, "register-refused");
    await desk.fills({ Password: PASSWORD });
    await desk.presses("Create the account");
    await desk.isTold(`We have sent an e-mail to ${email}`);
    await inspect(desk.page, "register-mailed");

    await desk.followsMail(await service.mails.to(email));
    await inspect(desk.page, "verify");
    await desk.presses("Confirm my address");
    await desk.isTold("Your address is confirmed");

    await desk.fills({ "E-mail address": email, Password: "not my password" });
    await desk.presses("Sign in");
    await desk.isTold("Signing in did not work");
    assert.equal(await desk.field("E-mail address").inputValue(), email, "nothing typed is lost");
    await inspect(desk.page, "login-refused");
    await desk.signsIn(email);
    await desk.isTold("Your first election takes three steps");
    await inspect(desk.page, "dashboard-empty");
  });

  test(`chooses a new password in place of a forgotten one ${manner}`, async (t) => {
    const { email } = await Organiser.register();
    const elsewhere = await Desk.signIn(t, { email }, desktop);
    const desk = new Desk(await open(t, ...devices));
    await desk.opens("/dashboard");
    await inspect(desk.page, "login");
    await desk.follows("Forgotten your password?");
    await inspect(desk.page, "forgot");
    await desk.fills({ "E-mail address": email });
    await desk.presses("Send me the link");
    await desk.isTold("is on its way");
    const mail = await service.mails.to(email);
    await desk.followsMail(mail);
    await inspect(desk.page, "reset");
    await desk.fills({ "New password": "marmalade-7-violet-Kestrel" });
    await desk.presses("Save the new password");
    await desk.isTold("Your password is changed");
    await desk.signsIn(email, "marmalade-7-violet-Kestrel");
    await desk.isTold("Your first election");
    await elsewhere.page.reload();
    await elsewhere.main.getByRole("heading", { name: "Sign in" }).waitFor();

    await desk.followsMail(mail);
    await desk.fills({ "New password": "another-9-violet-Kestrel" });
    await desk.presses("Save the new password");
    await desk.isTold("This link has been used already or has expired");
    await inspect(desk.page, "reset-refused");
  });
}

test("a session is a cookie that no script, no other host and no other site's form can use", async (t) => {
  const organiser = await Organiser.register();
  const { page } = await Desk.signIn(t, organiser, desktop);
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ name, domain, path, secure, httpOnly, sameSite }) => [name, domain, path, secure, httpOnly, sameSite]),
    [["__Host-uvote", "localhost", "/", true, true, "Lax"]],
  );
});

/** The times of the records on the page, newest first, with the heading of each one's day. */
const recorded = (desk) =>
  desk.main.locator(".records time").evaluateAll((times) =>
    times.map((time) => ({
      at: time.dateTime,
      day: time.closest("section").querySelector("h3").textContent,
      clock: time.textContent,
    })),
  );

test("a sign-in by somebody else is noticed by one's own clock, and what to do is a press away", async (t) => {
  const organiser = await Organiser.register();
  await Organiser.of(organiser.email);
  // These two clocks never show the same day.
  for (const timezoneId of ["Pacific/Kiritimati", "Pacific/Niue"]) {
    const desk = await Desk.signIn(t, organiser, desktop, { timezoneId });
    await desk.opens("/account");
    await desk.follows("Look through");
    await desk.isTold("You signed in.");
    await desk.isTold(timezoneId);
    for (const { at, day, clock } of await recorded(desk)) {
      const local = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "medium", timeZone: timezoneId });
      assert.equal(local.format(new Date(at)), `${day} at ${clock}`);
    }
    await inspect(desk.page, `activity-${timezoneId.split("/")[1]}`);
    await desk.follows("Your sessions");
    await desk.presses("End all other sessions");
    await desk.isTold("All other sessions have ended.");
    await desk.opens("/account/activity");
    await desk.isTold(/You ended (a|\d) session/);
    await desk.follows("Change the password");
    await desk.main.getByRole("heading", { name: "Change the password" }).waitFor();
  }
});

test("an organisation's log is found, read and checked", async (t) => {
  const organiser = await Organiser.register();
  const { id } = await organiser.expect(201, "POST", "/organisations", { body: { name: "Chess club" } });
  const body = { email: address("guest"), role: "observer" };
  await organiser.expect(202, "POST", `/organisations/${id}/members`, { body });
  for (const devices of [[desktop], [phone, withoutScript]]) {
    const desk = await Desk.signIn(t, organiser, ...devices);
    await desk.opens(`/organisations/${id}`);
    await desk.follows("Log of the organisation");
    await desk.isTold("Olivia invited somebody as an observer.");
    await desk.presses("Check the log");
    await desk.isTold(/The log is unbroken: \d records/);
    await inspect(desk.page, "organisation-log-checked");
  }
});

/** A site of somebody else with one form that sends itself to the service. */
async function trap(t, path, fields) {
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
  const html = `<form method="post" action="${service.origin}${path}">${inputs.join("")}<button>Win</button></form>`;
  const server = http.createServer((_, answer) => answer.setHeader("content-type", "text/html").end(html));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return server.address().port;
}

for (const host of ["localhost", "127.0.0.1"]) {
  test(`a form on another site, ${host}, changes nothing`, async (t) => {
    const organiser = await Organiser.register();
    const election = await organiser.openElection({}, 1);
    const desk = await Desk.signIn(t, organiser, desktop);
    for (const path of ["/elections/new", `/elections/${election.id}/close`, "/logout"]) {
      const port = await trap(t, path, { title: "Slipped in" });
      complaintsOf(desk.page).expect(new RegExp(`http://${host}:${port}/`));
      await desk.page.goto(`http://${host}:${port}/`);
      const [answer] = await Promise.all([
        desk.page.waitForResponse((answer) => answer.url().startsWith(service.origin)),
        desk.page.getByRole("button").click(),
      ]);
      assert.equal(answer.status(), 403, path);
      await desk.isTold("This form came from another page");
    }
    await inspect(desk.page, "other-site");
    await desk.opens("/dashboard");
    await desk.isTold(election.title);
    assert.doesNotMatch(await desk.reads(), /Slipped in|Closed/);
  });
}

test("signing out ends the live connection, and the back button shows nothing personal", async (t) => {
  const organiser = await Organiser.register();
  const election = await organiser.openElection({ title: "Very private vote" }, 1);
  const desk = await Desk.signIn(t, organiser, desktop);
  await desk.opens(`/elections/${election.id}`);
  const left = await desk.page.context().newPage();
  const sockets = [];
  left.on("websocket", (socket) => sockets.push(socket));
  await left.goto(desk.page.url());
  await left.getByText("Live", { exact: true }).waitFor();
  const closed = sockets[0].waitForEvent("close");
  await desk.page.getByRole("button", { name: "Sign out" }).click();
  await desk.isTold("You are signed out");
  await closed;
  await left.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.doesNotMatch(await left.content(), /private/, "nothing personal stays on the screen");
  await inspect(desk.page, "signed-out");

  await desk.page.goBack();
  await desk.main.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.doesNotMatch(await desk.page.content(), /private/);
  assert.deepEqual(await desk.page.context().cookies(), []);
});
