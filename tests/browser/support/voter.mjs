// A voter at the pages. What the pages say and where it stands is known here alone.
import assert from "node:assert/strict";
import { service } from "./service.mjs";
import { complaintsOf } from "./watch.mjs";

const words = {
  code: /voting code/i,
  show: /show my ballot/i,
  blank: /blank vote/i,
  review: /review my choices/i,
  cast: /cast my vote/i,
  change: /change my choices/i,
  voted: /thank you for voting/i,
};

/** What a page says when it can't go on, each with what it must say. */
export const told = {
  unknownCode: /code.*(not|no |unknown|wrong)/i,
  replaced: /newer link/i,
  used: /already (voted|been cast)/i,
  expired: /expired/i,
  notYetOpen: /not (yet )?open|not (yet )?begun|opens on/i,
  over: /closed|is over|has ended/i,
  tooMany: /at most 2/i,
};

/** Whatever sends a form. */
export const SUBMIT = "button:not([type=button], [type=reset]), input:is([type=submit], [type=image])";

/** Marks the blank vote in `Voter.choose`. */
export const BLANK = words.blank;

export class Voter {
  /** Somebody with an invitation in front of a page. */
  constructor(page, { link, code, election }) {
    Object.assign(this, { page, link, code, election });
  }

  /** Follows the link of the e-mail; with JavaScript, the ballot comes up. */
  async openLink() {
    await this.page.goto(this.link);
  }

  /** Opens the page by hand and pastes the code, or the whole link. */
  async pasteCode(code = this.code) {
    await this.page.goto(`${service.origin}/vote/${this.election.id}`);
    await this.page.getByLabel(words.code).fill(code);
    await this.page.getByRole("button", { name: words.show }).click();
  }

  /** Waits for the ballot. */
  async seesBallot() {
    await this.reviewButton.waitFor();
  }

  contest(title) {
    return this.page.getByRole("group", { name: title });
  }

  /** Marks by contest, such as `{ Chair: "Ada", Council: ["Ben", "Cleo"], Treasurer: BLANK }`. */
  async choose(marks) {
    for (const [title, names] of Object.entries(marks)) {
      for (const name of [names].flat()) await this.contest(title).getByLabel(name).check();
    }
  }

  get reviewButton() {
    return this.page.getByRole("button", { name: words.review });
  }

  get castButton() {
    return this.page.getByRole("button", { name: words.cast });
  }

  /** Goes on to the review and waits for it. */
  async review() {
    await this.reviewButton.click();
    await this.castButton.waitFor();
  }

  async cast() {
    await this.castButton.click();
  }

  /** The whole way from the ballot to the receipt. */
  async votes(marks) {
    await this.seesBallot();
    await this.choose(marks);
    await this.review();
    await this.cast();
    return this.receipt();
  }

  /** Waits for the receipt and reads it from its groups. */
  async receipt() {
    const thanks = this.page.getByRole("heading", { name: words.voted });
    await thanks.waitFor().catch(async () => assert.match(await this.reads(), words.voted));
    return receiptIn(await this.page.getByRole("main").innerText());
  }

  /** Casts while the line is down, and waits until the browser has given up. */
  async castsInVain() {
    complaintsOf(this.page).expect(/ERR_|failed to fetch/i);
    const isCast = (request) => request.method() === "POST";
    const failed = this.page.waitForEvent("requestfailed", isCast);
    await this.cast();
    if ((await failed).isNavigationRequest()) await this.#browserError();
  }

  /** Does what a voter does whose page did not come: press again, or else reload. */
  async triesAgain() {
    if (await this.castButton.isVisible()) await this.castButton.click();
    else await this.page.reload();
  }

  /**
   * Presses the browser's back button on the receipt, sends the review's form again if the browser
   * asks for that, and casts again if the page has a button for it.
   */
  async goesBackAndCastsAgain() {
    const came = await this.page.goBack().then(() => true, () => false);
    if (!came) {
      await this.#browserError();
      await this.page.reload();
    }
    if (await this.castButton.isVisible()) await this.cast();
  }

  /** Goes back to the ballot by what the review offers for that. */
  async changesMind() {
    const [link, button] = ["link", "button"].map((role) => this.page.getByRole(role, { name: words.change }));
    await link.or(button).click();
    await this.seesBallot();
  }

  /** Waits for the page that the browser itself shows when there is none. */
  async #browserError() {
    await this.page.waitForFunction(() => location.protocol === "chrome-error:");
  }

  /** Waits until the page says so. */
  async isTold(what) {
    const said = this.page.getByRole("main").getByText(what).first();
    await said.waitFor().catch(async () => assert.match(await this.reads(), what));
  }

  /** What the page shows, without what is hidden. */
  async reads() {
    return this.page.getByRole("main").innerText();
  }
}

/** The receipt in the text of a page, or in its source: 64 hex digits in groups. */
export function receiptIn(page) {
  const groups = page.replace(/<[^>]*>/g, "").match(/(?:[0-9a-f]{4}\s*){16}/);
  assert.ok(groups, `no receipt in: ${page}`);
  return groups[0].replace(/\s/g, "");
}
