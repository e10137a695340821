// An SMTP server that keeps its mails for whoever waits for them.
import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";

/** How long a mail may take, in milliseconds. */
const PATIENCE = 20_000;

/** One mail as its reader sees it. */
class Mail {
  constructor(to, { subject = "", text = "", html = "" }) {
    Object.assign(this, { to, subject, text, html });
    this.links = text.match(/https?:\/\/\S+/g) ?? [];
  }

  /** The first link that fits. */
  link(fits = /#/) {
    const link = this.links.find((link) => fits.test(link));
    if (!link) throw new Error(`"${this.subject}" has no link like ${fits}: ${this.links.join(", ")}`);
    return link;
  }

  /** What stands behind the # of the first link that has one. */
  get token() {
    return this.link(/#/).split("#")[1];
  }
}

/** The answer for addresses that begin with "unknown". */
const unknownMailbox = () => Object.assign(new Error("No such mailbox"), { responseCode: 550 });

export class Mails {
  #unread = [];
  #waiting = new Set();
  #held = Promise.resolve();

  /** Keeps every client waiting for its answer until the function that this gives is called. */
  hold() {
    let release;
    this.#held = new Promise((resolve) => (release = resolve));
    return release;
  }

  static async listen() {
    const mails = new Mails();
    mails.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["AUTH", "STARTTLS"],
      onRcptTo: ({ address }, _, done) => done(address.startsWith("unknown") ? unknownMailbox() : null),
      onData: (stream, { envelope }, done) => mails.#take(stream, envelope).then(() => done(), done),
    });
    // A client that hangs up in the middle is none of the tests' business.
    mails.server.on("error", () => {});
    const listening = mails.server.listen(0, "127.0.0.1");
    await once(listening, "listening");
    mails.url = `smtp://127.0.0.1:${listening.address().port}`;
    return mails;
  }

  async #take(stream, { rcptTo }) {
    const parsed = await PostalMime.parse(await buffer(stream));
    await this.#held;
    for (const { address } of rcptTo) this.#unread.push(new Mail(address, parsed));
    for (const look of this.#waiting) look();
  }

  /** The next unread mail to an address, with a subject that has `subject` in it or matches it. */
  async to(address, subject = "") {
    const fits = (mail) => mail.to === address && mail.subject.search(subject) >= 0;
    return new Promise((resolve, reject) => {
      const look = () => {
        const place = this.#unread.findIndex(fits);
        if (place < 0) return;
        this.#waiting.delete(look);
        clearTimeout(timer);
        resolve(this.#unread.splice(place, 1)[0]);
      };
      const giveUp = () => {
        this.#waiting.delete(look);
        const unread = this.#unread.map((mail) => `${mail.to}: ${mail.subject}`).join("\n") || "none";
        reject(new Error(`No mail "${subject}" to ${address}. Unread:\n${unread}`));
      };
      const timer = setTimeout(giveUp, PATIENCE);
      this.#waiting.add(look);
      look();
    });
  }

  close() {
    return new Promise((resolve) => this.server.close(resolve));
  }
}
