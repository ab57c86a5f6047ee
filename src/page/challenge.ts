/** How the page asks a running agent: over a fresh nonce, with the challenge of tee-verify/live; the card then judges what came. */

import type { Challenge, ChallengeAnswer } from "../element/element.js";
import { backEnd } from "../element/inputs.js";
import type { EvidenceKind } from "../evidence/kind.js";
import { createChallenger } from "../live/index.js";
import type { Verifier } from "../verifier.js";

/** An address without a path is an agent that can be challenged; one with a path is a file, and is fetched as it is. */
export function isAgent(address: string): boolean {
  return URL.canParse(address) && new URL(address).pathname === "/" && new URL(address).search === "";
}

/** @throws Error that says why no evidence was had, in words */
export function asking<const Kinds extends readonly EvidenceKind[]>(verifier: Verifier<Kinds>): Challenge {
  return async (address, { signal }) => {
    const heard: ChallengeAnswer[] = [];
    // The challenge makes the nonce and the binding: what it gives to the verifier is what the card is to judge.
    const challenge = createChallenger<Kinds>({
      verify: async (evidence, options) => {
        heard.push({ evidence, binding: options.binding });
        return verifier.verify(evidence, options);
      },
    });
    const options = { expected: "any-build", signal, ...backEnd() } as unknown as Parameters<typeof challenge>[1];
    const { verdict, ...result } = await challenge(address, options);
    const answer = heard.at(-1);
    // Before the agent is asked, the challenge tries the options on no evidence at all: that is no answer.
    if (verdict === undefined || answer === undefined || heard.length < 2)
      throw new Error("detail" in result ? result.detail : "there was no answer");
    return answer;
  };
}
