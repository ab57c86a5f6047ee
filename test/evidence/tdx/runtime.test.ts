/** What the verdict says of a quote with dstack's log: which application runs, and whether what is expected names it. */
import { createHash } from "node:crypto";
import { filled, forgeQuote, TD } from "../../../fixtures/intel/quote.js";
import { type Putting, put } from "../../support/dcap.js";
import { itSays } from "../../support/said.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const sha384 = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash("sha384").update(Buffer.concat(parts)).digest());

const payloads: Readonly<Record<string, Uint8Array>> = {
  "app-id": filled(20, 1),
  "compose-hash": filled(32, 2),
  "instance-id": filled(20, 3),
  "key-provider": filled(40, 4),
};
/** Events of run time, and the register that they extend to. */
function measured(names: readonly string[]): { readonly log: string; readonly rtmr3: Uint8Array } {
  const log = names.map((event) => {
    const payload = payloads[event] ?? filled(8, 9);
    const digest = hex(sha384(Uint8Array.of(1, 0, 0, 8), Buffer.from(`:${event}:`), payload));
    return { imr: 3, event_type: 0x08000001, event, event_payload: hex(payload), digest };
  });
  const rtmr3 = log.reduce<Uint8Array>(
    (register, { digest }) => sha384(register, Buffer.from(digest, "hex")),
    new Uint8Array(48),
  );
  return { log: JSON.stringify(log), rtmr3 };
}

const { mrtd, rtmr0, rtmr1, rtmr2 } = TD as Record<string, Uint8Array>;
const launch = { mrtd, rtmr0, rtmr1, rtmr2 };
const ALL = Object.keys(payloads);
const only = (...names: readonly string[]) => ({
  events: Object.fromEntries(names.map((name) => [name, payloads[name] as Uint8Array])),
});
const judged = (expected: object, putting: Putting = {}, names: readonly string[] = ALL) => {
  const { log, rtmr3 } = measured(names);
  const evidence = Buffer.from(forgeQuote({ report: { rtmr3 } })).toString("base64");
  const quote = JSON.stringify({ "tee-verify": 1, evidence, eventLog: log });
  return put({ quote, ...putting, options: { expected: { tdx: expected } as never, ...putting.options } });
};

itSays(
  "tdx",
  {
    "an application by its compose hash": () => judged({ ...launch, ...only("compose-hash") }),
    "an application, of any build": () => judged({}, { options: { expected: "any-build" } }),
    "an application by its id and its key provider": () => judged({ ...launch, ...only("app-id", "key-provider") }),
    "an application by its id alone": () => judged({ ...launch, ...only("app-id") }),
    "an application by its key provider alone": () => judged({ ...launch, ...only("key-provider") }),
    "an application by its instance alone": () => judged({ ...launch, ...only("instance-id") }),
    "an application by its instance alone, with RTMR3 taken as it is": () =>
      judged({ ...launch, ...only("instance-id") }, { tdx: { allow: ["rtmr3"] } }),
    "an application by its register": () => judged({ ...launch, rtmr3: measured(ALL).rtmr3 }),
    "an application by its register, which is another": () => judged({ ...launch, rtmr3: filled(48, 1) }),
    "an application that nothing names": () => judged(launch),
    "an application that nothing names, and firmware that is": () =>
      judged({ mrtd }, { options: { covers: "firmware" } }),
    "one of two compose hashes": () =>
      judged({ ...launch, events: { "compose-hash": [filled(32, 9), filled(32, 2)] } }),
    "one of two compose hashes, the first": () =>
      judged({ ...launch, events: { "compose-hash": [filled(32, 2), filled(32, 9)] } }),
    "none of two compose hashes": () =>
      judged({ ...launch, events: { "compose-hash": [filled(32, 9), filled(32, 8)] } }),
    "an event that the log does not have": () => judged({ ...launch, events: { other: filled(8, 9) } }),
    "software that is no application of dstack's": () => judged(launch, {}, ["other"]),
    "software that is no application of dstack's, by its event": () =>
      judged({ ...launch, events: { other: filled(8, 9) } }, {}, ["other"]),
    "software that is no application of dstack's, by its register": () =>
      judged({ ...launch, rtmr3: measured(["other"]).rtmr3 }, {}, ["other"]),
  },
  "said-runtime.json",
);
