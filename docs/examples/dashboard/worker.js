/** The dashboard's worker: verifies one instance after another, so that the page stays alive, and says each outcome as it comes. */

import { verify } from "tee-verify";

globalThis.onmessage = async ({ data: { instances, options } }) => {
  for (const { name, evidence, endorsements } of instances)
    postMessage(await judged(name, evidence, endorsements, options));
};

async function judged(name, evidence, endorsements, options) {
  try {
    const verdict = await verify(evidence, { ...options, endorsements });
    const reason = verdict.checks.find(({ status }) => status === "failed" || status === "undetermined");
    return {
      name,
      outcome: verdict.outcome,
      // Under anchors of one's own, or where something was not asked, "verified" is no plain yes.
      anchors: verdict.meta.anchors,
      open: verdict.checks.some(({ status }) => status === "waived"),
      why: verdict.ok ? verdict.limits[0] : (reason?.detail ?? "nothing was checked"),
    };
  } catch (error) {
    // The options are wrong, and not the instance: nothing was judged.
    return { name, outcome: "not judged", anchors: "pinned", open: false, why: String(error) };
  }
}
