/** A wallet meets agents: they announce themselves as EIP-6963 providers do, and get no session key before they are verified. */

import { createChallenge, requireVerified } from "tee-verify";

/** Calls `found` for every agent that announces itself, now or later. Returns a function that stops listening. */
export function discoverAgents(found) {
  const listen = ({ detail }) => found({ info: detail.info, provider: detail.provider });
  addEventListener("eip6963:announceProvider", listen);
  dispatchEvent(new Event("eip6963:requestProvider"));
  return () => removeEventListener("eip6963:announceProvider", listen);
}

/**
 * Verifies the agent and opens a session with it. What an agent says of itself in `info` (a name, an icon) counts for nothing.
 *
 * @param provider the agent, with the `request` of EIP-1193
 * @param sessionKey 32 bytes that only the verified agent may see
 * @param options of `verify`, without `binding`
 * @returns the verified verdict
 * @throws NotVerifiedError if the answer is not yes; the session key was then used for nothing
 */
export async function connect({ provider, sessionKey, ...options }) {
  const { nonce } = createChallenge();
  const { evidence, publicKey, endorsements } = await provider.request({ method: "agent_attest", params: [{ nonce }] });
  // One copy of the key is verified, and that same copy is sealed to: the agent cannot change it in between.
  const key = Uint8Array.from(publicKey);
  const verdict = await requireVerified(evidence, { endorsements, ...options, binding: { nonce, publicKey: key } });
  // Verified is not enough: without its own key in the evidence, anybody could sit in between.
  if (verdict.freshness !== "nonce" || verdict.channel === "none") throw new Error("the agent's key is not attested");
  await provider.request({ method: "agent_openSession", params: [await seal(key, sessionKey)] });
  return verdict;
}

/** Encrypts to a P-256 key (SPKI DER): an ephemeral ECDH, HKDF-SHA-256 and AES-256-GCM. */
async function seal(publicKey, secret) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await crypto.subtle.importKey("spki", publicKey, curve, false, []);
  const ours = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const ephemeral = new Uint8Array(await crypto.subtle.exportKey("spki", ours.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: ephemeral, info: new TextEncoder().encode("session key v1") };
  const key = await crypto.subtle.deriveKey(hkdf, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  // The key is used once, so the zero nonce is too.
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, secret);
  return { ephemeral, sealed: new Uint8Array(sealed) };
}
