/** Is the TDX quote genuine: what all DCAP quotes go through, and the TDX module by Intel's TCB info (Intel QVL 4.1.2.5.8). */

import { equalBytes } from "../../encoding/bytes.js";
import { authenticateDcap, type DcapTrusted } from "../dcap/authenticate.js";
import { moduleIdentity } from "../dcap/tcb.js";
import type { AuthenticateContext, Authenticated } from "../kind.js";
import { checkEventLog } from "./event-log/check.js";
import type { ReplayedLog } from "./event-log/replay.js";
import type { TdxQuote } from "./report.js";
import type { TdxSettings } from "./settings.js";

/** `log` is there where one came along and explains the registers. */
export interface TdxTrusted extends DcapTrusted {
  readonly log: ReplayedLog | undefined;
}

export async function authenticate(
  quote: TdxQuote,
  context: AuthenticateContext<TdxSettings>,
): Promise<Authenticated<TdxTrusted>> {
  const { teeTcbSvn, teeTcbSvn2 } = quote.report;
  const authenticated = await authenticateDcap("tdx", quote, context, teeTcbSvn, teeTcbSvn2);
  checkModule(quote, authenticated.trusted, context);
  const log = await checkEventLog(quote, context);
  return { ...authenticated, trusted: { ...authenticated.trusted, log } };
}

/** From major version 1 on each version of the module has an identity of its own in the TCB info. */
function checkModule({ report }: TdxQuote, { tcbInfo }: DcapTrusted, { ledger }: AuthenticateContext): void {
  const id = "tdx/tdx-module";
  if (tcbInfo === undefined) {
    ledger.skipped(id, "tdx/tcb-info");
    return;
  }
  const versioned = (report.teeTcbSvn[1] as number) > 0;
  const identity = versioned ? moduleIdentity(tcbInfo.modules, report.teeTcbSvn) : tcbInfo.module;
  const differing =
    identity === undefined
      ? ["its version"]
      : [
          ...(equalBytes(identity.mrsigner, report.mrSignerSeam) ? [] : ["MRSIGNERSEAM"]),
          // Intel's library demands zero whatever the identity says.
          ...(report.seamAttributes === 0n && identity.attributes.every((byte) => byte === 0)
            ? []
            : ["SEAMATTRIBUTES"]),
        ];
  ledger.judge(id, differing.length === 0, "module-mismatch", {
    module: versioned ? `TDX_${(report.teeTcbSvn[1] as number).toString(16).padStart(2, "0")}` : "TDX 1.0",
    differing,
  });
}
