/** Where evidence comes from: a device of this machine that answers a question with signed evidence. */

/** What the evidence is to say. */
export interface AttestRequest {
  /** The 64 bytes for report data, as `reportDataFor` makes them. */
  readonly reportData: Uint8Array;
  /** For devices with fields of their own (Nitro): what `reportData` was made of. */
  readonly nonce: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly signal: AbortSignal;
}

/** Evidence as the device gave it, and what came along. */
export interface RawEvidence {
  /** Bytes, or the JSON text of a form that the verifier reads. */
  readonly evidence: Uint8Array | string;
  /** DER, PEM or collateral text. */
  readonly endorsements?: readonly (Uint8Array | string)[];
  /** Base64 of a CCEL, or the JSON text of a dstack log. */
  readonly eventLog?: string;
}

export interface Provider {
  /** For `/info`: `configfs-tsm`, `dstack`, ... */
  readonly name: string;
  /** @throws ProviderError */
  attest(request: AttestRequest): Promise<RawEvidence>;
}

/** `busy` may pass by itself; `unavailable` says that this machine has no such device; `failed` is anything else. */
export type ProviderFailure = "busy" | "unavailable" | "failed";

/** Its message is for the operator's log and never leaves the machine. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly failure: ProviderFailure;

  constructor(failure: ProviderFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
