/** A verdict as the three questions of a relying party: genuine, expected, and really this one. A yes stands only in a whole yes. */

import type { Check, Verdict } from "../verdict.js";
import { hardwareOf, headlineOf } from "./headline.js";

/** `good` is for what was checked in a verdict that is a whole yes; `plain` holds as far as it goes. */
export type QuestionTone = "good" | "plain" | "bad" | "unknown";

export interface Question {
  readonly id: "hardware" | "build" | "channel";
  readonly question: string;
  readonly tone: QuestionTone;
  readonly answer: string;
}

type Answer = Pick<Question, "tone" | "answer">;

/** The three questions, answered by what the checks found. */
export function questionsOf(verdict: Verdict): readonly Question[] {
  const whole = headlineOf(verdict).tone === "good";
  const list: readonly Question[] = [
    { id: "hardware", question: "Is the hardware genuine?", ...hardware(verdict) },
    { id: "build", question: "Is it the program that you expect?", ...build(verdict) },
    { id: "channel", question: "Are you really talking to it?", ...channel(verdict) },
  ];
  // Beside a no, a green line would be read as half a yes.
  return list.map((item) => (item.tone === "good" && !whole ? { ...item, tone: "plain" } : item));
}

const settled = ({ status }: Check): boolean => status === "passed" || status === "waived";
const isOrigin = ({ stage }: Check): boolean => stage !== "appraise";

/** Every check of form and origin that is needed was made, and held. */
function isGenuine({ checks }: Verdict): boolean {
  const origin = checks.filter(isOrigin);
  const vouched = origin.some(({ stage, required }) => stage === "authenticate" && required);
  return vouched && origin.every((check) => check.status !== "failed" && (!check.required || settled(check)));
}

/** What fails may be the evidence, and may be a wrong certificate, an old manifest or a clock beside it: the headline and the check say which. */
const UNSHOWN: Answer = { tone: "bad", answer: "Nothing shows it: a check failed." };

function hardware(verdict: Verdict): Answer {
  const { checks, meta } = verdict;
  if (checks.some((check) => isOrigin(check) && check.status === "failed")) return UNSHOWN;
  if (!isGenuine(verdict)) return { tone: "unknown", answer: "Not known: something is missing." };
  if (meta.anchors === "custom")
    return { tone: "unknown", answer: "Only by trust anchors of your own, which are not the vendor's." };
  return { tone: "good", answer: `Its signatures are genuine: ${hardwareOf(verdict)}.` };
}

const named = ({ id }: Check, names: readonly string[]): boolean => names.includes(id.slice(id.indexOf("/") + 1));

function build(verdict: Verdict): Answer {
  const of = (names: readonly string[], status: Check["status"]): boolean =>
    verdict.checks.some((check) => check.status === status && named(check, names));
  if (verdict.checks.some(({ code }) => code === "build-mismatch" || code === "compose-mismatch"))
    return { tone: "bad", answer: "No: it runs something else." };
  if (of(["build", "rtmr3", "app-compose", "events", "manifest"], "failed")) return UNSHOWN;
  if (of(["covers"], "failed")) return { tone: "bad", answer: "Too little was compared to say so." };
  if (of(["covers"], "waived")) return { tone: "unknown", answer: "You did not ask: it may be any program." };
  if (!verdict.ok)
    return isGenuine(verdict) && of(["build"], "passed")
      ? { tone: "plain", answer: "Its measurement is the one that you expect." }
      : { tone: "unknown", answer: "Not known: nobody has vouched for what it says." };
  if (verdict.covers === "firmware") return { tone: "unknown", answer: "Only its firmware was compared." };
  if (verdict.covers === "nothing") return { tone: "unknown", answer: "Nothing was compared." };
  return { tone: "good", answer: "What was started is what you expect." };
}

const BINDING = ["report-data", "binding", "nonce", "challenge", "user-data", "age", "certificate-key"];

function channel(verdict: Verdict): Answer {
  const bound = verdict.checks.filter((check) => named(check, BINDING));
  if (bound.some(({ code }) => code?.includes("mismatch")))
    return { tone: "bad", answer: "No: it answers another question, or is somebody else's." };
  if (bound.some(({ status }) => status === "failed")) return UNSHOWN;
  if (bound.some(({ code }) => code === "unbound"))
    return { tone: "unknown", answer: "You did not ask: it may be a recording." };
  if (!verdict.ok)
    return isGenuine(verdict) && bound.some(({ status }) => status === "passed")
      ? { tone: "plain", answer: "It carries what you asked for." }
      : { tone: "unknown", answer: "Not known: nobody has vouched for what it says." };
  if (verdict.freshness === "nonce" && verdict.channel !== "none")
    return { tone: "good", answer: "It answered your nonce, and the key is its own." };
  if (verdict.freshness === "nonce")
    return { tone: "plain", answer: "It answered your nonce. Your connection is not tied to it." };
  if (verdict.channel !== "none")
    return { tone: "plain", answer: "The key is its own. It answered no nonce of yours." };
  if (verdict.freshness === "timestamp")
    return { tone: "plain", answer: "It is recent. Your connection is not tied to it." };
  return { tone: "plain", answer: "It carries the data that you gave. How fresh that is, you know." };
}
