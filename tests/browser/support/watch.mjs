// Hears what a page complains about, and whom it asks for anything.
import assert from "node:assert/strict";
import { service } from "./service.mjs";

const watched = new WeakMap();

/** The complaints of a page that is watched. */
export const complaintsOf = (page) => watched.get(page);

export class Complaints {
  #heard = [];
  #expected = [];

  add(complaint) {
    this.#heard.push(complaint);
  }

  /** Some complaints are the browser's own, such as that a line is dead which the test has cut. */
  expect(complaint) {
    this.#expected.push(complaint);
  }

  assertNone() {
    const unexpected = this.#heard.filter((heard) => !this.#expected.some((expected) => expected.test(heard)));
    assert.deepEqual(unexpected, [], "the page complains");
  }
}

/** Hears console errors, uncaught errors, and requests to other origins, from now on. */
export function watch(page) {
  const complaints = new Complaints();
  watched.set(page, complaints);
  const pages = new Set();
  page.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== "data:" && origin !== service.origin) complaints.add(`asks ${request.url()}`);
    if (request.isNavigationRequest()) pages.add(request.url());
  });
  page.on("console", (message) => {
    // The browser logs a page that is answered with 4xx as a failure, though its reader sees it.
    const isPage = pages.has(message.location().url) && /a status of 4\d\d/.test(message.text());
    if (message.type() === "error" && !isPage) complaints.add(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.add(`uncaught: ${error.message}`));
  return complaints;
}
