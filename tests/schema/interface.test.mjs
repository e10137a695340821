// The interface answers whatever it is sent as its own document says. Schemathesis makes up the
// requests, the same ones in every run, as nobody, as a member and as somebody else.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { before, test } from "node:test";
import { Organiser } from "../browser/support/organiser.mjs";
import { project, service } from "../browser/support/service.mjs";

const target = path.resolve(project, process.env.CARGO_TARGET_DIR ?? "target");
const program = path.join(target, "schemathesis", "bin", "schemathesis");
const config = path.join(project, "tests", "schema", "schemathesis.toml");
/** Ends the session that the rest of a run needs. */
const LOGOUT = "^/api/v1/auth/logout";

const ids = {};
let manager, stranger;

before(async () => {
  const owner = await Organiser.register();
  [manager, stranger] = [await Organiser.register(), await Organiser.register()];
  const { id } = await owner.expect(201, "POST", "/organisations", { body: { name: "Students" } });
  const body = { email: manager.email, role: "manager" };
  await owner.expect(202, "POST", `/organisations/${id}/members`, { body });
  const { token } = await service.mails.to(manager.email);
  await manager.expect(204, "POST", "/organisations/invitations/accept", { body: { token } });
  const open = await owner.openElection({ organisation_id: id }, 2);
  const draft = await owner.draft({ organisation_id: id });
  const [contest] = draft.body.contests;
  const [voter] = await open.voters(open.addresses[0]);
  Object.assign(ids, {
    SCHEMA_ORGANISATION: id,
    SCHEMA_ELECTION: open.id,
    SCHEMA_DRAFT: draft.id,
    SCHEMA_CONTEST: contest.id,
    SCHEMA_CANDIDATE: contest.candidates[0].id,
    SCHEMA_VOTER: voter.id,
  });
});

/** Runs Schemathesis and answers what it says; it ends well when nothing was found. */
async function tried(who) {
  const options = ["--phases", "examples,coverage,fuzzing", "--max-examples", "30", "--no-shrink"];
  const signedIn = who ? ["-H", `Authorization: Bearer ${who.token}`, "--exclude-path-regex", LOGOUT] : [];
  const document = `${service.origin}/api/v1/openapi.json`;
  const run = spawn(program, ["--config-file", config, "run", document, ...options, ...signedIn], {
    env: { ...process.env, ...ids, NO_COLOR: "1", COLUMNS: "110" },
    cwd: target,
  });
  let said = "";
  for (const stream of [run.stdout, run.stderr]) stream.on("data", (text) => (said += text));
  const [code] = await once(run, "close");
  return { code, said };
}

for (const [name, who] of [
  ["nobody", () => null],
  ["a manager", () => manager],
  ["a stranger", () => stranger],
]) {
  test(`answers ${name} as its document says`, async () => {
    const { code, said } = await tried(who());
    assert.equal(code, 0, said);
  });
}
