// What every page must be in every state: accessible, in its place, light, and without complaint.
import assert from "node:assert/strict";
import path from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { runsScripts } from "./browser.mjs";
import { screenshots } from "./service.mjs";
import { complaintsOf } from "./watch.mjs";

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const LIGHT_ENOUGH = 100_000;

/** Looks at the page as it stands, in both themes, under a name for its screenshots. */
export async function inspect(page, name) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    await screenshot(page, `${name}-${device(page)}-${colorScheme}`);
    await accessible(page);
  }
  await page.emulateMedia({ colorScheme: null });
  await fits(page);
  await weighsLittle(page);
  complaintsOf(page).assertNone();
}

/** axe finds nothing. */
export async function accessible(page) {
  // A frame of ours shows an e-mail as it is, in a sandbox where no script runs, axe neither.
  const options = { iframes: false, runOnly: { type: "tag", values: TAGS } };
  const axe = new AxeBuilder({ page }).options(options).setLegacyMode();
  const { violations } = await lendScripts(page, () => axe.analyze());
  const list = violations.map(({ id, help, nodes }) => {
    const places = nodes.map(({ target, failureSummary }) => `${target.join(" ")}\n${failureSummary}`);
    return `${id}: ${help}\n${places.join("\n")}\n`;
  });
  assert.equal(list.length, 0, `axe on ${page.url()}:\n${list.join("\n")}`);
}

/** axe is a script itself: a page that is read without JavaScript gets it for that long. */
async function lendScripts(page, act) {
  if (runsScripts(page)) return act();
  const devtools = await page.context().newCDPSession(page);
  const disableScripts = (value) => devtools.send("Emulation.setScriptExecutionDisabled", { value });
  // A session can take back only what it has set itself.
  await disableScripts(true);
  await disableScripts(false);
  try {
    return await act();
  } finally {
    await disableScripts(true);
  }
}

/** Nothing has to be scrolled sideways. */
export async function fits(page) {
  const { width } = page.viewportSize();
  const content = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(content <= width, `${page.url()} is ${content} wide on ${width}`);
}

/** The page and all that it has loaded stay under 100 KB, whether cached or not. */
export async function weighsLittle(page) {
  const bytes = await page.evaluate(() =>
    ["navigation", "resource"]
      .flatMap((kind) => performance.getEntriesByType(kind))
      .reduce((sum, { transferSize, encodedBodySize }) => sum + Math.max(transferSize, encodedBodySize), 0),
  );
  assert.ok(bytes > 0 && bytes < LIGHT_ENOUGH, `${page.url()} weighs ${bytes} bytes`);
}

const device = (page) => (page.viewportSize().width < 600 ? "phone" : "desktop");

/** Kept when UVOTE_SCREENSHOTS=1. */
async function screenshot(page, name) {
  if (process.env.UVOTE_SCREENSHOTS !== "1") return;
  await page.screenshot({ path: path.join(screenshots, `${name}.png`), fullPage: true });
}
