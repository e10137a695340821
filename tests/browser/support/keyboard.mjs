// Somebody with a keyboard and no mouse, who must see where the focus is.
import assert from "node:assert/strict";

/** More stops than any page has. */
const MOST_STOPS = 120;

export class Keyboard {
  constructor(page) {
    this.page = page;
  }

  /** Goes on with Tab until an element has the focus. Each stop on the way shows that it has it. */
  async tabsTo(target) {
    await target.waitFor();
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      if (await hasFocus(target)) return;
      await this.page.keyboard.press("Tab");
      await this.#isSeen();
    }
    assert.fail(`Tab never comes to ${target}`);
  }

  /** Goes to a button or link and presses it. */
  async presses(target) {
    await this.tabsTo(target);
    await this.page.keyboard.press("Enter");
  }

  /** Goes to a field and writes. */
  async types(target, text) {
    await this.tabsTo(target);
    await this.page.keyboard.type(text);
  }

  async isOn(target) {
    assert.ok(await hasFocus(target), `the focus is on ${target}`);
    await this.#isSeen();
  }

  /** The focused element, or the card that it is part of, has an outline within the window. */
  async #isSeen() {
    const stop = await this.page.evaluate(() => {
      const element = document.activeElement;
      if (element === document.body || element.tagName === "IFRAME") return null;
      const marked = element.closest(".option, .choice") ?? element;
      const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(marked);
      const { top, bottom, left } = marked.getBoundingClientRect();
      const isInside = bottom > 0 && top < innerHeight && left > -1;
      return { what: element.outerHTML.slice(0, 120), outlineStyle, outlineWidth, outlineColor, isInside };
    });
    if (!stop) return;
    const isSeen = stop.outlineStyle !== "none" && parseFloat(stop.outlineWidth) >= 2 && stop.isInside;
    assert.ok(isSeen, `the focus is not seen: ${JSON.stringify(stop)}`);
  }
}

const hasFocus = (target) => target.evaluate((element) => element === document.activeElement);
