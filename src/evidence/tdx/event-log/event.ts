/** Events of a TD's boot and run-time logs, whatever their outer form: what claims to explain the RTMRs. Untrusted until replayed. */

/** Index of an RTMR. */
export type Register = 0 | 1 | 2 | 3;

export interface LogEvent {
  readonly register: Register;
  /** Event type: TCG PC Client Platform Firmware Profile, section 10.4.1, or dstack's. */
  readonly type: number;
  /** 48 bytes, what the register was extended with; `undefined` where the log leaves it to be computed from name and payload. */
  readonly digest: Uint8Array | undefined;
  /** Name of a run-time event; empty where the form has none. */
  readonly name: string;
  /** What the event says it measured. */
  readonly payload: Uint8Array;
}

export interface EventLog {
  readonly form: "CCEL" | "dstack";
  readonly events: readonly LogEvent[];
}

/** SHA-384. */
export const DIGEST_BYTES = 48;

/** Most events that are replayed: a boot has some hundred. */
export const MAX_EVENTS = 2_000;

/** EV_NO_ACTION is logged and extends nothing. */
export const EV_NO_ACTION = 3;

/** dstack's run-time events (Dstack-TEE/dstack, cc-eventlog). */
export const DSTACK_EVENT = 0x08000001;
