/** Runs contestants side by side and prints ratios: what one machine does in one second says nothing about another. */

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds of one call, by name, each turn: contestants take turns, so that whatever else the machine does hits all of them. */
async function times(contestants, { rounds, calls }) {
  await warmUp(contestants, calls);
  const found = new Map(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) found.get(name).push(await turn(run, calls));
  }
  return found;
}

/** Every contestant is run for so long that its engine has compiled what it runs: budgets are for warm code. */
const WARM_UP_MS = 3000;

async function warmUp(contestants, calls) {
  for (const run of Object.values(contestants)) {
    const until = performance.now() + WARM_UP_MS;
    do await turn(run, calls);
    while (performance.now() < until);
  }
}

/** Milliseconds of one call. */
async function turn(run, calls) {
  const start = performance.now();
  for (let call = 0; call < calls; call++) await run(call);
  return (performance.now() - start) / calls;
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
