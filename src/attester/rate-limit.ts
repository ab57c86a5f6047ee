/** Token buckets: one for everybody together, one for each peer, in bounded memory. */

export interface RateLimits {
  /** Challenges a second that the device can bear, and how many may come at once; 50 and 100 unless told. */
  readonly perSecond?: number;
  readonly burst?: number;
  /** The same for one peer (an IP address); 5 and 20 unless told. Behind a proxy all users are one peer. */
  readonly perPeerPerSecond?: number;
  readonly peerBurst?: number;
}

export interface RateLimiter {
  /** 0 if the call may go on, else the seconds to wait: at least 1. */
  take(peer: string | undefined, now: number): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** Peers that are remembered; the one that asked longest ago goes first. */
const MAX_PEERS = 10_000;

/** @throws TypeError */
export function createRateLimiter(limits: RateLimits = {}): RateLimiter {
  const { perSecond = 50, burst = 100, perPeerPerSecond = 5, peerBurst = 20 } = limits;
  for (const [name, value] of Object.entries({ perSecond, burst, perPeerPerSecond, peerBurst }))
    if (!(value > 0)) throw new TypeError(`${name} must be a positive number`);
  // A bucket that never holds a whole token lets nobody through.
  if (burst < 1 || peerBurst < 1) throw new TypeError("burst and peerBurst must be at least 1");
  const all: Bucket = { tokens: burst, at: 0 };
  const peers = new Map<string, Bucket>();
  const bucketOf = (address: string): Bucket => {
    const peer = peerOf(address);
    const bucket = peers.get(peer) ?? { tokens: peerBurst, at: 0 };
    peers.delete(peer);
    peers.set(peer, bucket);
    const oldest = peers.keys().next();
    if (peers.size > MAX_PEERS && !oldest.done) peers.delete(oldest.value);
    return bucket;
  };
  return {
    take(peer, now) {
      const mine = peer === undefined ? undefined : bucketOf(peer);
      refill(all, now, perSecond, burst);
      if (mine !== undefined) refill(mine, now, perPeerPerSecond, peerBurst);
      const wait = Math.max(missing(all, perSecond), mine === undefined ? 0 : missing(mine, perPeerPerSecond));
      if (wait > 0) return Math.ceil(wait);
      all.tokens -= 1;
      if (mine !== undefined) mine.tokens -= 1;
      return 0;
    },
  };
}

/** Who has one address of IPv6 has all 2^64 of its network (RFC 6177, section 2); IPv4 inside IPv6 is IPv4 (RFC 4291, section 2.5.5.2). */
function peerOf(address: string): string {
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!/^[0-9a-f:.]{2,45}(?:%.*)?$/i.test(address) || !address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("%")[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  // What `::` stands for begins with zeros, as far as the network goes.
  const behind = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  const filled =
    tail === undefined ? groups : [...groups, ...new Array(Math.max(0, 8 - groups.length - behind)).fill("0")];
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  return [...filled, ...rest]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}

function refill(bucket: Bucket, now: number, perSecond: number, burst: number): void {
  // A clock that was set back adds nothing.
  if (bucket.at > 0 && now > bucket.at)
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
  bucket.at = now;
}

const missing = ({ tokens }: Bucket, perSecond: number): number => (tokens >= 1 ? 0 : (1 - tokens) / perSecond);
