/** The thread that fuzzes: the body of scripts/fuzz.mjs, which watches it. */
import { parentPort, workerData } from "node:worker_threads";
import { fuzz } from "./engine.js";
import { forgedExemplars } from "./exemplars.js";
import { packInput, saveFinding } from "./findings.js";
import { realExemplars } from "./real.js";

interface Task {
  readonly seed: number;
  readonly milliseconds: number;
  readonly executions: number;
  readonly only: string;
  /** Counter of executions, and what is being judged. */
  readonly beats: SharedArrayBuffer;
  readonly current: SharedArrayBuffer;
}

const { seed, milliseconds, executions, only, beats, current } = workerData as Task;
const beat = new Int32Array(beats);
const room = new Uint8Array(current);
const exemplars = [...(await forgedExemplars()), ...(await realExemplars())].filter(({ name }) => name.includes(only));
const end = performance.now() + milliseconds;
const totals = await fuzz(exemplars, seed, (sofar) => sofar.executions >= executions || performance.now() >= end, {
  starting(name, index, input) {
    packInput(input, room);
    Atomics.store(
      beat,
      1,
      exemplars.findIndex((exemplar) => exemplar.name === name),
    );
    Atomics.store(beat, 0, index + 1);
  },
  found: (finding) =>
    parentPort?.postMessage({ finding: { ...saveFinding(finding), fault: finding.fault, detail: finding.detail } }),
});
parentPort?.postMessage({ totals, exemplars: exemplars.length });
