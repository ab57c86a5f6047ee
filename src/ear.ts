/** `tee-verify/ear`: verdicts as attestation results for others (EAR, AR4SI), and conceptual message wrappers (CMW) around evidence and results. */

export { type Cmw, type CmwCollection, type CmwRecord, cmwOfCertificate, readCmw, writeCmw } from "./ear/cmw.js";
export { type EarClaims, type EarOptions, type EarSigner, earClaims, signEar } from "./ear/result.js";
