/**
 * `npm run audit`: known vulnerabilities, of what users get (any severity) and of our tools (high and above). A registry
 * mirror may not offer the advisory service; then nothing was checked, and it says so.
 */
import { spawnSync } from "node:child_process";

let failed = false;
for (const args of [["--omit=dev"], ["--audit-level=high"]]) {
  const { stdout } = spawnSync("npm", ["audit", "--json", ...args], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const report = JSON.parse(stdout || "{}");
  const counts = report.metadata?.vulnerabilities;
  const levels = args.includes("--omit=dev") ? ["info", "low", "moderate", "high", "critical"] : ["high", "critical"];
  if (counts === undefined) {
    console.log(
      `npm audit ${args[0]}: NOT CHECKED, the registry offers no advisories (${report.statusCode ?? "no answer"})`,
    );
    process.exitCode = 75;
    continue;
  }
  const found = levels.reduce((sum, level) => sum + counts[level], 0);
  console.log(`npm audit ${args[0]}: ${found} found`);
  failed ||= found > 0;
}
if (failed) process.exitCode = 1;
