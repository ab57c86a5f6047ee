/** Where the doors of a kind write down what they found; one ledger a part. */

import { CryptoUnavailableError } from "../crypto/crypto.js";
import { MalformedError } from "../encoding/malformed.js";
import type { PathFault } from "../trust/path.js";
import type { CheckCode, Params, Stage, Status } from "../verdict.js";

/** A check that a kind makes. The list of them is the fixed order of the verdict. */
export interface CheckDefinition {
  readonly id: string;
  readonly stage: Stage;
  /** Specification and clause. */
  readonly spec: string;
  /** Without it nothing is verified. */
  readonly required: boolean;
}

export interface Finding {
  readonly status: Status;
  readonly code?: CheckCode;
  readonly params: Params;
  /** Id of a notice of this check in the catalogue, with parameters of its own in `params`. */
  readonly notice?: string;
  readonly blockedBy?: string;
  /** Overrides the definition: policy may make an optional check required. */
  readonly required?: boolean;
}

export interface Ledger {
  passed(id: string, params?: Params, notice?: string): void;
  failed(id: string, code: CheckCode, params?: Params): void;
  /** `required: true` where policy demands the check; a definition's own `required` stands otherwise. */
  undetermined(id: string, code: CheckCode, params?: Params, required?: boolean): void;
  skipped(id: string, blockedBy: string): void;
  waived(id: string, code: CheckCode, params?: Params): void;
  /** Passed or failed, by `good`. */
  judge(id: string, good: boolean, code: CheckCode, params?: Params): void;
  /** Passed where a certificate path has no fault, else failed with the first of its faults and the codes of all. */
  path(id: string, faults: readonly PathFault[], params: Params): void;
  /** Adds a notice to a check that has passed. */
  notice(id: string, notice: string): void;
  /** Whether `id` has passed so far. */
  has(id: string, status: Status): boolean;
  /** Runs a check that may meet malformed bytes or a back end without the algorithm, and writes those down under `id`. */
  attempt<T>(id: string, run: () => T | Promise<T>): Promise<T | undefined>;
  readonly findings: ReadonlyMap<string, Finding>;
}

const WORSE: readonly Status[] = ["passed", "waived", "skipped", "undetermined", "failed"];

/** A check may be written more than once, by several certificates say: the worse finding stays. */
export function createLedger(definitions: readonly CheckDefinition[]): Ledger {
  const findings = new Map<string, Finding>();
  const write = (id: string, finding: Finding): void => {
    if (!definitions.some((definition) => definition.id === id))
      throw new Error(`check ${id} is not among the kind's checks`);
    const before = findings.get(id);
    if (before === undefined || WORSE.indexOf(finding.status) > WORSE.indexOf(before.status)) findings.set(id, finding);
    // Policy's demand stands, whichever finding does.
    if (before?.required || finding.required) findings.set(id, { ...(findings.get(id) as Finding), required: true });
  };
  const ledger: Ledger = {
    findings,
    passed: (id, params = {}, notice) =>
      write(id, { status: "passed", params, ...(notice === undefined ? {} : { notice }) }),
    failed: (id, code, params = {}) => write(id, { status: "failed", code, params }),
    undetermined: (id, code, params = {}, required) =>
      write(id, { status: "undetermined", code, params, ...(required === undefined ? {} : { required }) }),
    skipped: (id, blockedBy) => write(id, { status: "skipped", params: {}, blockedBy }),
    waived: (id, code, params = {}) => write(id, { status: "waived", code, params }),
    judge: (id, good, code, params = {}) => (good ? ledger.passed(id, params) : ledger.failed(id, code, params)),
    path(id, faults, params) {
      const [fault] = faults;
      if (fault === undefined) return ledger.passed(id, params);
      const { code, certificate, found } = fault;
      ledger.failed(id, code, { ...params, certificate, found, all: faults.map((other) => other.code) });
    },
    notice(id, notice) {
      const finding = findings.get(id);
      if (finding?.status === "passed") findings.set(id, { ...finding, notice });
    },
    has: (id, status) => findings.get(id)?.status === status,
    async attempt(id, run) {
      try {
        return await run();
      } catch (error) {
        if (error instanceof MalformedError)
          ledger.failed(id, "malformed", { reason: error.reason, offset: error.offset });
        else if (error instanceof CryptoUnavailableError)
          // A check that was begun and could not be made is open, were it optional: without it nothing is verified.
          ledger.undetermined(id, "crypto-unavailable", { reason: error.message }, true);
        else throw error;
        return undefined;
      }
    },
  };
  return ledger;
}
