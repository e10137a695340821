// An organiser at the pages, who finds everything by the words that stand there.
import assert from "node:assert/strict";
import { open, runsScripts } from "./browser.mjs";
import { PASSWORD } from "./organiser.mjs";
import { service } from "./service.mjs";

const FIELDS = "input, textarea, select";

export class Desk {
  constructor(page) {
    this.page = page;
  }

  /** Sits down with an account that there is. */
  static async signIn(t, { email }, ...devices) {
    const desk = new Desk(await open(t, ...devices));
    await desk.opens("/login");
    await desk.signsIn(email);
    return desk;
  }

  get main() {
    return this.page.getByRole("main");
  }

  /** The election whose pages are open. */
  get electionId() {
    return new URL(this.page.url()).pathname.split("/")[2];
  }

  async opens(path) {
    return this.page.goto(`${service.origin}${path}`);
  }

  /** Signs in on the page for it, in whichever language that is. */
  async signsIn(email, password = PASSWORD) {
    await this.page.locator("input[type=email]").fill(email);
    await this.page.locator("input[type=password]").fill(password);
    await this.main.getByRole("button").click();
    await this.page.waitForURL((url) => url.pathname !== "/login");
  }

  /** A field by the whole of its label. */
  field(label) {
    return this.main.getByLabel(label, { exact: true }).and(this.page.locator(FIELDS));
  }

  /** Fills fields, such as `{ Title: "Board", "Time zone": "Europe/Berlin" }`. */
  async fills(fields) {
    for (const [label, value] of Object.entries(fields)) {
      const field = this.field(label);
      const isChoice = await field.evaluate((field) => field.tagName === "SELECT");
      await (isChoice ? field.selectOption(value) : field.fill(value));
    }
  }

  async presses(button) {
    await this.main.getByRole("button", { name: button }).click();
  }

  async follows(link) {
    await this.main.getByRole("link", { name: link }).click();
  }

  /** Goes to a section of the election by the list on top. */
  async turnsTo(section) {
    const sections = this.page.getByRole("navigation", { name: "This election" });
    await sections.getByRole("link", { name: section }).click();
    await sections.locator("[aria-current=page]", { hasText: section }).waitFor();
  }

  /** Unfolds what is behind a summary. */
  async unfolds(summary) {
    await this.main.locator("summary", { hasText: summary }).click();
  }

  /** Waits until the page says so. */
  async isTold(words) {
    const said = this.main.getByText(words).filter({ visible: true }).first();
    await said.waitFor().catch(async () => assert.match(await this.reads(), asPattern(words)));
  }

  async reads() {
    return this.main.innerText();
  }

  /** The field is marked as wrong and says why, has the focus, and the title says that there is an error. */
  async isMistakenIn(label, why) {
    await this.page.getByRole("alert").first().waitFor();
    const field = this.field(label);
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.ok(await field.evaluate((field) => field === document.activeElement), `the focus is in "${label}"`);
    const ids = (await field.getAttribute("aria-describedby")).split(/\s+/);
    const said = await Promise.all(ids.map((id) => this.page.locator(`#${id}`).innerText()));
    assert.match(said.join(" "), why);
    assert.match(await this.page.title(), /^Error:/);
  }

  /** Follows a link of an e-mail; without a script, what stands behind its # is pasted. */
  async followsMail(mail) {
    await this.page.goto(mail.link());
    if (!runsScripts(this.page)) return this.fills({ "Code from the e-mail": mail.token });
    assert.doesNotMatch(this.page.url(), /#/, "the code has left the address bar");
  }
}

const asPattern = (words) => (words instanceof RegExp ? words : new RegExp(words.replace(/[^\w\s]/g, "\\$&")));
