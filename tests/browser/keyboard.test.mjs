// An election is set up without a mouse, and the focus is seen wherever it goes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desktop } from "./support/browser.mjs";
import { Desk } from "./support/desk.mjs";
import { Keyboard } from "./support/keyboard.mjs";
import { fits } from "./support/inspect.mjs";
import { Organiser, address } from "./support/organiser.mjs";

/** Resolves when so many requests to an address have been answered. */
function answersTo(page, address, count) {
  return new Promise((resolve) => page.on("response", (answer) => address.test(answer.url()) && --count === 0 && resolve()));
}

test("sets an election up by keyboard alone", async (t) => {
  const organiser = await Organiser.register();
  const desk = await Desk.signIn(t, organiser, desktop);
  const { page } = desk;
  const keyboard = new Keyboard(page);
  const button = (name) => desk.main.getByRole("button", { name });
  const link = (name) => desk.main.getByRole("link", { name });

  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the content" });
  assert.ok(await skip.evaluate((link) => link === document.activeElement && link.getBoundingClientRect().left >= 0));
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");

  await keyboard.presses(link("New election"));
  await keyboard.types(desk.field("Title"), "Keyboard club");
  await page.keyboard.press("Enter");
  await keyboard.types(desk.field("Title"), "Chair");
  await keyboard.types(desk.field("Candidates or answers"), "Ada\nBen\nCleo");
  await keyboard.presses(button("Add the contest"));

  const saved = answersTo(page, /\/move$/, 2);
  await keyboard.presses(button("Move Cleo up"));
  await page.getByRole("status").getByText("Cleo is now number 2 of 3.").waitFor();
  await keyboard.isOn(button("Move Cleo up"));
  await page.keyboard.press("Space");
  await page.getByRole("status").getByText("Cleo is now number 1 of 3.").waitFor();
  await keyboard.isOn(button("Move Cleo up"));
  await saved;
  await page.reload();
  assert.deepEqual(await desk.main.locator("[data-item] [data-item] .name").allInnerTexts(), ["Cleo", "Ada", "Ben"]);

  await keyboard.presses(link("Next: voters"));
  await keyboard.types(desk.field("Paste a list"), `${address("voter")}\n${address("voter")}`);
  await keyboard.presses(button("Check the list").first());
  await keyboard.presses(button("Add 2 voters"));
  const sections = page.getByRole("navigation", { name: "This election" });
  await keyboard.presses(sections.getByRole("link", { name: "Settings" }));
  await keyboard.tabsTo(desk.field("Closes"));
  // The twelfth of December reads the same in every order of day and month.
  for (const keys of ["12122099", "ArrowRight", "1200", "P"]) {
    await (keys === "ArrowRight" ? page.keyboard.press(keys) : page.keyboard.type(keys));
  }
  assert.equal(await desk.field("Closes").inputValue(), "2099-12-12T12:00");
  await keyboard.tabsTo(desk.main.getByRole("radio", { name: /^Nobody/ }));
  await page.keyboard.press("ArrowDown");
  await keyboard.presses(button("Save"));
  await desk.isTold("Saved.");
  assert.ok(await desk.main.getByRole("radio", { name: /^Organisers only/ }).isChecked());
  await keyboard.presses(sections.getByRole("link", { name: "Overview" }));
  await keyboard.tabsTo(desk.main.getByRole("checkbox"));
  await page.keyboard.press("Space");
  await keyboard.presses(button("Open the election"));
  await desk.isTold("Invitations can be sent under “E-mails”.");
  await fits(page);
});
