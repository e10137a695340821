// The service under test: the built program, on a private PostgreSQL of its own.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { Mails } from "./mail.mjs";

export const project = fileURLToPath(new URL("../../../", import.meta.url));
const target = path.resolve(project, process.env.CARGO_TARGET_DIR ?? "target");

/** Where the screenshots go. */
export const screenshots = path.join(target, "screenshots");

class Service {
  /** Starts on a fresh data directory and waits until it answers. */
  static async start() {
    const service = new Service();
    service.mails = await Mails.listen();
    service.port = await freePort();
    service.origin = `http://localhost:${service.port}`;
    // PostgreSQL runs as another user when this is root, who must be able to pass.
    service.directory = await mkdtemp(path.join(tmpdir(), "uvote-browser-"));
    await chmod(service.directory, 0o755);
    service.#run();
    await service.#ready();
    return service;
  }

  #run() {
    const address = `127.0.0.1:${this.port}`;
    const options = ["demo", "--no-sample", "--bind", address, "--data-dir", this.directory];
    this.process = spawn(path.join(target, "debug", "uvote"), options, {
      // All voters of a test share one address, which no limit on addresses foresees.
      env: { ...process.env, UVOTE_METRICS_BIND: "off", UVOTE_LIMITS: "off", SMTP_URL: this.mails.url },
      stdio: ["ignore", "ignore", "pipe"],
    });
    process.on("exit", () => this.process.kill());
    this.said = "";
    this.process.stderr.on("data", (text) => (this.said += text));
    this.ended = new Promise((resolve) => {
      this.process.on("error", (error) => resolve(`did not start (${error.message}); run cargo build`));
      this.process.on("exit", (code, signal) => resolve(`ended with ${code ?? signal}: ${this.said}`));
    });
  }

  async #ready() {
    let end;
    this.ended.then((reason) => (end = reason));
    while (!(await answers(`${this.origin}/health/ready`))) {
      if (end) throw new Error(`The service ${end}`);
    }
  }

  /** Runs one statement behind the service's back, for what only time would bring about. */
  async sql(statement, values = []) {
    const host = path.join(this.directory, "run");
    assert.ok((await readdir(host)).length, "PostgreSQL has its socket in the data directory");
    const client = new pg.Client({ host, user: "uvote_owner", database: "uvote" });
    await client.connect();
    try {
      return (await client.query(statement, values)).rows;
    } finally {
      await client.end();
    }
  }

  async stop() {
    this.process.kill("SIGTERM");
    await this.ended;
    await this.mails.close();
    await rm(this.directory, { recursive: true, force: true });
    assert.equal(this.process.exitCode, 0, `the service stopped badly: ${this.said}`);
  }
}

/** A port that nobody listens at. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function answers(url) {
  const answer = await fetch(url).catch(() => new Promise((resolve) => setTimeout(resolve, 20)));
  return answer?.ok;
}

/** The one service of this test file. */
export const service = await Service.start();
after(() => service.stop());
