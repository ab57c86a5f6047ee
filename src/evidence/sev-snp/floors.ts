/** Firmware floors by security bulletin, as dated data: AMD publishes no signed TCB evaluation, so this table stands in, and a caller can replace it. */

import type { AmdProduct } from "../../endorsements/amd-kds.js";
import type { Tcb } from "./tcb.js";

/** One bulletin: what a fixed machine shows. */
export interface Floor {
  /** For example `AMD-SB-3019`. */
  readonly bulletin: string;
  /** CVE and name of the weakness, in words. */
  readonly weakness: string;
  /**
   * Which levels are judged. `reported-and-committed`: the lower of both, since a key extracted from firmware below the floor can
   * claim any committed level.
   */
  readonly on: "reported-and-committed" | "current";
  readonly tcb?: Partial<Readonly<Record<AmdProduct, Partial<Tcb>>>>;
  /** Committed SEV firmware, `major.minor.build`. */
  readonly firmware?: Partial<Readonly<Record<AmdProduct, string>>>;
  /** Whether PLATFORM_INFO must say ALIAS_CHECK_COMPLETE (reports of version 3 and later): of the products that the floor names, or of all where it names none. */
  readonly aliasCheck?: boolean;
  /** `reject`: below it the default policy rejects; `notice`: it is told, and rejected under `floors: "strict"`. */
  readonly level: "reject" | "notice";
}

export interface FloorTable {
  /** When the table was last compared with AMD's bulletins, `YYYY-MM-DD`. */
  readonly date: string;
  readonly floors: readonly Floor[];
}

/** Levels are the SNP component (SPL) of each product; sources are named in docs/floors.md. */
export const FLOORS: FloorTable = {
  date: "2026-11-24",
  floors: [
    {
      bulletin: "AMD-SB-3019",
      weakness: "CVE-2024-56161, unsigned microcode is accepted (EntrySign)",
      on: "reported-and-committed",
      // Turin is not in the bulletin: there is no floor for it.
      tcb: { Milan: { snp: 0x18 }, Genoa: { snp: 0x17 } },
      level: "reject",
    },
    {
      bulletin: "AMD-SB-3015",
      weakness: "CVE-2024-21944, memory modules that lie about their size (BadRAM)",
      on: "reported-and-committed",
      firmware: { Milan: "1.55.22", Genoa: "1.55.38" },
      aliasCheck: true,
      level: "notice",
    },
    {
      bulletin: "AMD-SB-3023",
      weakness: "CVE-2025-48514, an SEV-ES guest of the same host can attack the guest",
      on: "current",
      tcb: { Milan: { snp: 0x1b }, Genoa: { snp: 0x1b }, Turin: { snp: 0x04 } },
      level: "notice",
    },
  ],
};
