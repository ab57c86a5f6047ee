/** Prints "passed failed" from a vitest JSON report and the exit status of its run: what did not run has not passed. */
import { existsSync, readFileSync } from "node:fs";

const [reportPath = "", status = "1"] = process.argv.slice(2);
const report = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, "utf8")) : undefined;
const passed = report?.numPassedTests ?? 0;
const brokenFiles = (report?.testResults ?? []).filter(
  (file) => file.status === "failed" && file.assertionResults.length === 0,
);
const failed = (report?.numFailedTests ?? 0) + brokenFiles.length;
const silent = passed + failed === 0 || (status !== "0" && failed === 0);

console.log(`${passed} ${failed + (silent ? 1 : 0)}`);
