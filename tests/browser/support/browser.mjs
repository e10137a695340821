// One Chromium for a test file, and the devices that pages are opened on.
import { after } from "node:test";
import { chromium } from "playwright-core";
import { watch } from "./watch.mjs";

const executablePath = process.env.UVOTE_CHROMIUM ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath });
after(() => browser.close());

/** How long a page may take to show what a test waits for, in milliseconds. */
const PATIENCE = 5_000;

export const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const desktop = { viewport: { width: 1440, height: 900 } };
export const narrow = { viewport: { width: 320, height: 640 } };
export const withoutScript = { javaScriptEnabled: false };

const scriptless = new WeakSet();

/** Whether a page's own scripts run. */
export const runsScripts = (page) => !scriptless.has(page);

/**
 * A fresh visitor's page, closed when the test `t` ends. `devices` are options of a Playwright
 * context, such as `phone, withoutScript, { locale: "de-DE" }`. Whatever the page complains about
 * while it is open fails the test.
 */
export async function open(t, ...devices) {
  const options = Object.assign({ locale: "en-GB", timezoneId: "UTC" }, ...devices);
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  if (options.javaScriptEnabled === false) scriptless.add(page);
  const complaints = watch(page);
  t.after(async () => {
    await context.close();
    complaints.assertNone();
  });
  return page;
}
