/** Runs contestants side by side and prints ratios: what one machine does in one second says nothing about another. */

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds of one call, by name, each turn: contestants take turns, so that whatever else the machine does hits all of them. */
async function times(contestants, { rounds, calls }) {
  const found = new Map(Object.keys(contestants).map((name) => [name, []]));
  for (let round = -2; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = performance.now();
      for (let call = 0; call < calls; call++) await run(call);
      // The first two turns warm the engine up.
      if (round >= 0) found.get(name).push((performance.now() - start) / calls);
    }
  }
  return found;
}

/**
 * One line for each rule. `atMost`: we take at most so many times as long as the reference; `atLeast`: the reference takes at least
 * so many times as long as we do. Returns what does not hold.
 */
export async function compare(title, contestants, rules, options = {}) {
  const measured = await times(contestants, { rounds: 15, calls: 8, ...options });
  console.log(`\n${title}`);
  for (const [name, turns] of measured) console.log(`  ${name.padEnd(36)} ${median(turns).toFixed(3)} ms`);
  return rules.flatMap(({ ours, reference, atMost, atLeast }) => {
    const [mine, theirs] = [measured.get(ours), measured.get(reference)];
    const ratio = median(
      mine.map((value, turn) => (atMost === undefined ? theirs[turn] / value : value / theirs[turn])),
    );
    const holds = atMost === undefined ? ratio >= atLeast : ratio <= atMost;
    const words =
      atMost === undefined
        ? `${ratio.toFixed(2)} times as fast as ${reference} (at least ${atLeast})`
        : `${ratio.toFixed(2)} times ${reference} (at most ${atMost})`;
    console.log(`  ${holds ? "ok  " : "OVER"} ${words}`);
    return holds ? [] : [`${title}: ${words}`];
  });
}

/** A back end that remembers what it was asked to verify. */
export function recording(crypto, found) {
  return {
    ...crypto,
    verify: async (...request) => {
      found.push(request);
      return crypto.verify(...request);
    },
  };
}
