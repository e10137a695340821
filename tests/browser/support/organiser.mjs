// An organiser who speaks HTTP, for what a test needs before its pages begin.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { service } from "./service.mjs";

export const PASSWORD = "correct-Horse-battery-7-staple";
let next = 1;

/** An address that no other test of this service uses. */
export const address = (name) => `${name}-${next++}@example.org`;

/** Calls the interface; the answer's body is read already. */
async function call(method, path, { body, token, type = "application/json" } = {}) {
  const headers = { ...(body && { "content-type": type }), ...(token && { authorization: `Bearer ${token}` }) };
  const sent = body && type === "application/json" ? JSON.stringify(body) : body;
  const answer = await fetch(`${service.origin}/api/v1${path}`, { method, headers, body: sent });
  const text = await answer.text();
  return { status: answer.status, body: text ? JSON.parse(text) : null };
}

async function expect(status, method, path, options) {
  const answer = await call(method, path, options);
  assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export class Organiser {
  /** Registers, confirms the address by the mail that came, and signs in. */
  static async register() {
    const organiser = new Organiser();
    organiser.email = address("organiser");
    organiser.password = PASSWORD;
    await expect(202, "POST", "/auth/register", {
      body: { email: organiser.email, password: PASSWORD, name: "Olivia" },
    });
    const { token } = await service.mails.to(organiser.email);
    await expect(204, "POST", "/auth/verify-email", { body: { token } });
    return organiser.#signIn();
  }

  /** Somebody who has an account from the pages already. */
  static async of(email) {
    const organiser = Object.assign(new Organiser(), { email, password: PASSWORD });
    return organiser.#signIn();
  }

  async #signIn() {
    const body = { email: this.email, password: PASSWORD };
    this.token = (await expect(200, "POST", "/auth/login", { body })).access_token;
    return this;
  }

  /** Calls the interface as this organiser and expects a status. */
  async expect(status, method, path, options = {}) {
    return expect(status, method, path, { token: this.token, ...options });
  }

  /** A draft with its roll, made of what `draft` says and a board with two candidates otherwise. */
  async draft(draft = {}, voters = 2) {
    const body = await this.expect(201, "POST", "/elections", { body: { ...board(), ...draft } });
    const election = new Election(this, body);
    election.addresses = Array.from({ length: voters }, () => address("voter"));
    const roll = ["email,first_name,last_name", ...election.addresses.map((email) => `${email},Vera,Voter`)];
    await election.expect(200, "POST", "/voters/import", { body: roll.join("\n"), type: "text/csv" });
    return election;
  }

  /** An election that was made on the pages. */
  async election(id) {
    return new Election(this, await this.expect(200, "GET", `/elections/${id}`));
  }

  /** An open election; its voters have their mails. */
  async openElection(draft, voters) {
    const election = await this.draft(draft, voters);
    await election.open();
    return election;
  }
}

/** One contest, one seat, two candidates. */
const board = () => ({
  title: "Board of the chess club",
  description: "The board leads the club for a year.",
  contact_email: "board@example.org",
  contests: [{ title: "Chair", candidates: [{ name: "Ada" }, { name: "Ben", description: "Opens with e4." }] }],
});

class Election {
  constructor(organiser, body) {
    Object.assign(this, { organiser, body, id: body.id, title: body.title });
  }

  /** Calls below the election and expects a status. */
  expect(status, method, path, options) {
    return this.organiser.expect(status, method, `/elections/${this.id}${path}`, options);
  }

  /** Opens, or schedules, and sends the invitations. */
  async open() {
    await this.expect(200, "POST", "/activate");
    await this.expect(202, "POST", "/invitations", { body: {} });
    this.invited = await Promise.all(this.addresses.map((email) => this.invitation(email)));
  }

  /** The next mail with a voting link that somebody gets. */
  async invitation(email) {
    const mail = await service.mails.to(email);
    return { email, mail, link: mail.link(/\/vote\//), code: mail.token, election: this };
  }

  /** A new link for somebody who has one; the old one is dead. */
  async invitedAgain({ email }) {
    const [voter] = await this.voters(email);
    await this.expect(202, "POST", `/voters/${voter.id}/invitation`);
    return this.invitation(email);
  }

  async close() {
    return this.expect(200, "POST", "/close");
  }

  async voters(email) {
    return (await this.expect(200, "GET", `/voters?q=${encodeURIComponent(email)}`)).items;
  }

  /** Whether the roll says that somebody has voted. */
  async hasVoted({ email }) {
    return (await this.voters(email))[0].voted;
  }

  async ballotsCast() {
    return (await this.expect(200, "GET", "/turnout")).ballots_cast;
  }

  /** Whether the chain holds a ballot with this receipt; anyone may ask. */
  async includes(receipt) {
    const { status } = await call("GET", `/elections/${this.id}/receipts/${receipt}`);
    return status === 200;
  }

  /** Casts by HTTP, for a live page to show. `choose` gives the candidates' places per contest. */
  async castByHttp({ code }, choose = () => [0]) {
    const choices = this.body.contests.map((contest) => [
      contest.id,
      choose(contest).map((place) => contest.candidates[place].id),
    ]);
    const nonce = randomBytes(16).toString("base64url");
    const body = { token: code, nonce, choices: Object.fromEntries(choices) };
    return (await expect(201, "POST", `/elections/${this.id}/votes`, { body })).receipt;
  }

  /** The tally after the close: votes by candidate's name, and `blank`, contest by contest. */
  async tally() {
    const { contests } = await this.expect(200, "GET", "/results");
    return contests.map(({ blank, candidates }) => ({
      blank,
      ...Object.fromEntries(candidates.map(({ name, votes }) => [name, votes])),
    }));
  }
}
