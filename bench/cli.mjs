/** The command line as a whole process, against a process that does nothing. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { compare } from "./harness.mjs";

const PROGRAM = "dist/cli/main.cjs";
const EVIDENCE = ["fixtures/demo/milan-2023.report.hex", "--endorsement", "fixtures/demo/milan-2023.vcek.der"];

/** Starts a process, waits for its end, and looks at what it said. */
function start(args, says) {
  return async () => {
    const { stdout, error } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (error !== undefined) throw error;
    if (!stdout.includes(says)) throw new Error(`${args.join(" ")} did not say ${says}`);
  };
}

export async function benchCli() {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: npm run build`);
  const doesNothing = "node -e 0";
  const contestants = {
    [doesNothing]: start(["-e", "0"], ""),
    "tee-verify --no-cross-check": start([PROGRAM, ...EVIDENCE, "--no-cross-check"], "REJECTED"),
    "tee-verify": start([PROGRAM, ...EVIDENCE], "A second, independent"),
  };
  const rules = [
    { ours: "tee-verify --no-cross-check", reference: doesNothing, atMost: 1.5 },
    { ours: "tee-verify", reference: doesNothing, atMost: 3 },
  ];
  return compare("The command line, a whole process", contestants, rules, { rounds: 20, calls: 1 });
}
