// Whatever happens on the way, a vote is never lost or doubled, and ends in the same receipt.
import assert from "node:assert/strict";
import { test } from "node:test";
import { desktop, open, phone, withoutScript } from "./support/browser.mjs";
import { Line } from "./support/line.mjs";
import { Organiser } from "./support/organiser.mjs";
import { Voter, receiptIn } from "./support/voter.mjs";

const organiser = await Organiser.register();
const manners = [["on a phone", [phone]], ["without JavaScript", [desktop, withoutScript]]];

/** A voter in front of the review, with everything chosen. */
async function reviewing(t, settings) {
  const election = await organiser.openElection({}, 2);
  const voter = new Voter(await open(t, ...settings), election.invited[0]);
  await voter.pasteCode();
  await voter.seesBallot();
  await voter.choose({ Chair: "Ada" });
  await voter.review();
  return { election, voter };
}

async function assertOneVote(election, receipt) {
  assert.ok(await election.includes(receipt), "the chain holds the receipt");
  assert.equal(await election.ballotsCast(), 1);
}

for (const [manner, settings] of manners) {
  test(`a double click casts once, ${manner}`, async (t) => {
    const { election, voter } = await reviewing(t, settings);
    await voter.castButton.dblclick();
    await assertOneVote(election, await voter.receipt());
  });

  test(`a reload after casting shows the same receipt, ${manner}`, async (t) => {
    const { election, voter } = await reviewing(t, settings);
    await voter.cast();
    const receipt = await voter.receipt();
    await voter.page.reload();
    assert.equal(await voter.receipt(), receipt);
    await assertOneVote(election, receipt);
  });

  test(`going back and casting again shows the same receipt, ${manner}`, async (t) => {
    const { election, voter } = await reviewing(t, settings);
    await voter.cast();
    const receipt = await voter.receipt();
    await voter.goesBackAndCastsAgain();
    assert.equal(await voter.receipt(), receipt);
    await assertOneVote(election, receipt);
  });

  test(`an answer lost on the line is had by trying again, ${manner}`, async (t) => {
    const line = await Line.open(t);
    const { election, voter } = await reviewing(t, [...settings, line.device]);
    line.cut("/cast", "after");
    await voter.castsInVain();
    assert.equal(await election.ballotsCast(), 1, "the service has counted the vote");
    line.mend();
    await voter.triesAgain();
    const receipt = await voter.receipt();
    assert.equal(receipt, receiptIn(line.unread));
    await assertOneVote(election, receipt);
  });

  test(`a vote lost on the line is cast by trying again, ${manner}`, async (t) => {
    const line = await Line.open(t);
    const { election, voter } = await reviewing(t, [...settings, line.device]);
    line.cut("/cast", "before");
    await voter.castsInVain();
    assert.equal(await election.ballotsCast(), 0, "the service has heard nothing");
    line.mend();
    await voter.triesAgain();
    await assertOneVote(election, await voter.receipt());
  });
}
