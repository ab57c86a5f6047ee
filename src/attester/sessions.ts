/** Sessions of sealed messages: each message is taken once, so that a relay gains nothing by sending it again (RFC 9458, section 6.5.1). */

import { toHex } from "../encoding/text.js";
import { SESSION_BYTES } from "../live/protocol.js";

interface Session {
  readonly expires: number;
  /** The highest sequence number that was taken, and a bit for each of the 64 up to it. */
  highest: number;
  seen: bigint;
}

export interface Sessions {
  /** A new session's name. */
  open(now: number): Uint8Array;
  has(session: Uint8Array, now: number): boolean;
  /** Whether this number of the session was never taken before; it is now. */
  take(session: Uint8Array, sequence: number, now: number): boolean;
  readonly size: number;
}

const WINDOW = 64;
const MASK: bigint = (1n << BigInt(WINDOW)) - 1n;

/** @param lifetime in milliseconds @param limit sessions at the same time: the oldest is forgotten first, and its user has to ask anew */
export function createSessions(lifetime: number, limit = 10_000): Sessions {
  const sessions = new Map<string, Session>();
  const find = (name: Uint8Array, now: number): Session | undefined => {
    const session = sessions.get(toHex(name));
    return session !== undefined && now < session.expires ? session : undefined;
  };
  return {
    open(now) {
      for (const [name, { expires }] of sessions) {
        // In order of opening, so of expiry.
        if (expires > now && sessions.size < limit) break;
        sessions.delete(name);
      }
      const name = globalThis.crypto.getRandomValues(new Uint8Array(SESSION_BYTES));
      sessions.set(toHex(name), { expires: now + lifetime, highest: -1, seen: 0n });
      return name;
    },
    has: (name, now) => find(name, now) !== undefined,
    take(name, sequence, now) {
      const session = find(name, now);
      return session !== undefined && taken(session, sequence);
    },
    get size() {
      return sessions.size;
    },
  };
}

/** The window of RFC 4303, section 3.4.3: what is older than it was taken or never will be. */
function taken(session: Session, sequence: number): boolean {
  if (sequence > session.highest) {
    const shift = Math.min(WINDOW, sequence - session.highest);
    session.seen = ((session.seen << BigInt(shift)) & MASK) | 1n;
    session.highest = sequence;
    return true;
  }
  const bit = 1n << BigInt(Math.min(WINDOW, session.highest - sequence));
  if (bit > MASK || (session.seen & bit) !== 0n) return false;
  session.seen |= bit;
  return true;
}
