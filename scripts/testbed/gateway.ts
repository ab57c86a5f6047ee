/** What a gateway with the plugin must do for whoever challenges it. */

import assert from "node:assert/strict";
import { snpMachine } from "../../fixtures/live/machine.js";
import { challenge } from "../../src/live/index.js";

/** @throws AssertionError */
export async function gatewayTest(address: string, limit: number, ended: () => boolean): Promise<void> {
  const path = `${address}/.well-known/tee-attestation`;
  const end = Date.now() + limit;
  for (;;) {
    const status = await fetch(`${path}/info`).then(
      // Before the plugin is there, the gateway's own pages may answer for it.
      (answer) => (answer.headers.get("content-type") === "application/json" ? answer.status : 0),
      () => 0,
    );
    if (status === 200) break;
    assert.ok(!ended(), "the gateway has ended");
    assert.ok(Date.now() < end, `the plugin does not answer: ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const { at, trustAnchors, expected } = snpMachine();
  const result = await challenge(address, { at, trustAnchors, expected, timeout: 60_000 });
  assert.ok(result.ok, result.ok ? "" : `${result.code}: ${result.detail}`);
  assert.equal((await result.channel.send("to the gateway")).text(), "to the gateway");
  assert.equal((await fetch(path)).status, 400);
  assert.equal((await fetch(`${path}/other`)).status, 404);
}
