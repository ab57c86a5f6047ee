/** What the verdict on a TD or an enclave says: each check with its parameters, genuine and at fault. */
import {
  forgeEvaluations,
  forgeQeIdentity,
  forgeTcbInfo,
  moduleIdentity,
  quoteCollateral,
  tcbLevel,
} from "../../../fixtures/intel/collateral.js";
import {
  forgeCa,
  forgePck,
  forgePckCrl,
  forgeRoot,
  forgeSigner,
  INTEL_KEYS,
  sgxExtension,
} from "../../../fixtures/intel/pki.js";
import { ENCLAVE, filled, forgeChain, TD } from "../../../fixtures/intel/quote.js";
import { leafExtensions, pem } from "../../../fixtures/x509.js";
import { type Putting, put, rightScene } from "../../support/dcap.js";
import { itSays } from "../../support/said.js";

const { mrtd, rtmr0, rtmr1, rtmr2 } = TD as Record<string, Uint8Array>;
const { mrenclave, mrsigner } = ENCLAVE as Record<string, Uint8Array>;
const launch = { mrtd, rtmr0, rtmr1, rtmr2 } as Readonly<Record<string, Uint8Array>>;
const expecting = (tdx: object): NonNullable<Putting["options"]> => ({ expected: { tdx } as never });
const ofEnclave = (sgx: object): NonNullable<Putting["options"]> => ({ expected: { sgx } as never });
const chain = (pck: Uint8Array): readonly Uint8Array[] => [pck, forgeCa(), forgeRoot()];
const attributes = (...bits: readonly number[]) => ({
  report: { tdAttributes: bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n) },
});
const tcbInfo = (fields: object) => ({ tcbInfo: forgeTcbInfo("tdx", { fields: fields as never }) });
const advised = { ...tcbLevel("tdx", "SWHardeningNeeded"), advisoryIDs: ["INTEL-SA-00615"] };
const withChain = (...certificates: readonly Uint8Array[]) =>
  JSON.stringify({
    ...quoteCollateral(rightScene("tdx")),
    pck_certificate_chain: pem("CERTIFICATE", ...certificates),
  });
const longer = forgeSigner({ notAfter: new Date("2030-06-20T00:00:00Z") });
const shortPck = forgePck({}, { notAfter: new Date("2030-06-18T00:00:00Z") });
const unnamed = { certificationType: 1, certification: filled(36, 0) };
const processor = {
  quote: { chain: [forgePck({ ca: "processor" }), forgeCa("processor"), forgeRoot()] },
  scene: { pckCrl: forgePckCrl("processor") },
};
const lie = forgePck(
  {},
  { extensions: [...leafExtensions(INTEL_KEYS.pck, INTEL_KEYS.platform), sgxExtension({ ca: "processor" })] },
);
const serviceTd = { version: 5, report: { mrServiceTd: filled(48, 9) } } as const;
/** The platform on which the TD began, in a field of twice the bytes of an FMSPC. */
const began = (initialFmspc: Uint8Array) => ({ version: 5, bodyType: 4, report: { initialFmspc } }) as const;
const movedFrom = (fmspc: string, at: number) => {
  const field = filled(12, 0);
  field.set(Buffer.from(fmspc, "hex"), at);
  return began(field);
};
const older = (module: number): { readonly quote: { readonly report: { readonly teeTcbSvn: Uint8Array } } } => ({
  quote: { report: { teeTcbSvn: Uint8Array.from([5, module, 2, ...filled(13, 0)]) } },
});

const PUTTINGS: Readonly<Record<string, Putting>> = {
  "a TD of any build": {},
  "a genuine TD": { options: expecting(launch) },
  "a genuine enclave": { quote: { tee: "sgx" }, options: ofEnclave({ mrenclave }) },
  "an enclave of any build": { quote: { tee: "sgx" } },
  "an enclave by its digest": { quote: { tee: "sgx" }, options: { expected: "e0".repeat(32) } },
  "an enclave that is another's": { quote: { tee: "sgx" }, options: { expected: "e1".repeat(32) } },
  "an enclave by its maker": {
    quote: { tee: "sgx" },
    options: ofEnclave({ mrsigner, isvProdId: 2, minimumIsvSvn: 5 }),
  },
  "an enclave by its maker, who fits": {
    quote: { tee: "sgx" },
    options: { ...ofEnclave({ mrsigner, minimumIsvSvn: 4 }), covers: "firmware" },
  },
  "an enclave without a maker": { quote: { tee: "sgx" }, options: ofEnclave({ isvProdId: 3 }) },
  "an enclave in debug mode, not initialised": {
    quote: { tee: "sgx", report: { attributes: Uint8Array.from([0x02, ...filled(15, 0)]), miscSelect: 1 } },
    sgx: {
      attributes: { value: "05".padEnd(32, "0"), mask: "ff".padEnd(32, "0") },
      miscSelect: { value: "00000000", mask: "ffffffff" },
    },
  },
  "an enclave in debug mode, which is taken": {
    quote: { tee: "sgx", report: { attributes: Uint8Array.from([0x07, ...filled(15, 0)]) } },
    sgx: { allow: ["debug"] },
  },
  "an enclave without lists, which is taken": {
    quote: { tee: "sgx" },
    scene: { rootCrl: null, pckCrl: null },
    sgx: { revocation: "optional" },
  },
  "a TD of another build": { options: expecting({ ...launch, rtmr1: filled(48, 1), rtmr2: filled(48, 2) }) },
  "a build without its manifest": { options: { expected: `build:sha256:${"00".repeat(32)}` } },
  "a build of another kind": { options: ofEnclave({ mrenclave }) },
  "firmware alone": { options: { ...expecting({ mrtd }), covers: "firmware" } },
  "no firmware": { options: expecting({ rtmr0, rtmr1, rtmr2 }) },
  "MRTD and two of three registers": { options: expecting({ mrtd, rtmr0, rtmr1 }) },
  "MRTD and two others": { options: expecting({ mrtd, rtmr0, rtmr2 }) },
  "MRTD and the other two": { options: expecting({ mrtd, rtmr1, rtmr2 }) },
  "RTMR3 that is not zero": { quote: { report: { rtmr3: filled(48, 3) } }, options: expecting(launch) },
  "RTMR3 that is not zero, which is taken": {
    quote: { report: { rtmr3: filled(48, 3) } },
    options: expecting(launch),
    tdx: { allow: ["rtmr3"] },
  },
  "RTMR3 that is pinned": {
    quote: { report: { rtmr3: filled(48, 3) } },
    options: expecting({ ...launch, rtmr3: filled(48, 3) }),
  },
  "an event that no log has": { options: expecting({ ...launch, events: { "compose-hash": "00".repeat(32) } }) },
  "report data that are expected": { options: { binding: { reportData: filled(64, 0xda) } } },
  "other report data": { options: { binding: { reportData: filled(64, 0xdb) } } },
  "a nonce": { options: { binding: { nonce: filled(32, 3) } } },
  "user data, which a quote does not have": { options: { binding: { userData: filled(32, 3) } } },
  "a debug TD": { quote: attributes(28, 0, 5) },
  "a debug TD, which is taken": { quote: attributes(28, 0), tdx: { allow: ["debug"] } },
  "a TD that sees EPT violations": { quote: attributes() },
  "a TD that may migrate": { quote: attributes(28, 29) },
  "a TD that may migrate, which is taken": { quote: attributes(28, 29), tdx: { allow: ["migration"] } },
  "a TD that was moved here": { quote: movedFrom("00906ed50000", 0) },
  "a TD that was moved here, which is taken": { quote: movedFrom("00906ed50000", 0), tdx: { allow: ["migration"] } },
  "a TD that began here": { quote: movedFrom("00806f050000", 0) },
  "a TD that began here, behind zeros": { quote: movedFrom("00806f050000", 6) },
  "a TD that began here, in digits": { quote: began(new TextEncoder().encode("00806f050000")) },
  "a TD that began nowhere": { quote: began(filled(12, 0)) },
  "a TD that began somewhere, and no certificate": { quote: { ...movedFrom("00906ed50000", 0), ...unnamed } },
  "a TD that sees EPT violations, which is taken": { quote: attributes(), tdx: { allow: ["sept-ve"] } },
  "a TD with PERFMON, which is taken": { quote: attributes(28, 63), tdx: { allow: ["perfmon"] } },
  "a TD with one attribute as demanded and another that is not": {
    quote: attributes(28, 30),
    tdx: { attributes: { pks: true, kl: true } },
  },
  "a TD with PERFMON": { quote: attributes(28, 63) },
  "a TD with a reserved attribute": { quote: attributes(28, 40) },
  "a TD with an attribute that is refused": { quote: attributes(28, 30), tdx: { attributes: { pks: false } } },
  "a TD without an attribute that is demanded": { tdx: { attributes: { pks: true } } },
  "a TD without SSE": { quote: { report: { xfam: 0x618e5 } } },
  "a TD with more XFAM than is taken": { quote: { report: { xfam: 0x7 } }, tdx: { allowedXfam: "0000000000000003" } },
  "a TD with XFAM that the caller takes": {
    quote: { report: { xfam: 0x80003 } },
    tdx: { allowedXfam: "ffffffffffffffff" },
  },
  "a TD without service TD": { quote: { version: 5, bodyType: 3 } },
  "a TD with a service TD": { quote: serviceTd },
  "a TD with a service TD, which is taken": { quote: serviceTd, tdx: { allow: ["service-td"] } },
  "a TD with a service TD that is pinned": {
    quote: serviceTd,
    options: { ...expecting({ mrtd, mrServiceTd: filled(48, 9) }), covers: "firmware" },
  },
  "a TD with a service TD at launch": {
    quote: { version: 5, bodyType: 4, report: { initialServiceTdHash: filled(48, 9) } },
  },
  "a TD with a service TD now": {
    quote: { version: 5, bodyType: 4, report: { currentServiceTdHash: filled(48, 9) } },
  },
  "a TD with a service TD now, which is taken": {
    quote: { version: 5, bodyType: 4, report: { currentServiceTdHash: filled(48, 9) } },
    tdx: { allow: ["service-td"] },
  },
  "a TD with a service TD by its attributes": {
    quote: { version: 5, bodyType: 4, report: { currentServiceTdAttributes: 5n } },
  },
  "a TD with a service TD by its attributes at launch": {
    quote: { version: 5, bodyType: 4, report: { initialServiceTdAttributes: 6n } },
  },
  "a TD with one service TD pinned and another now": {
    quote: { version: 5, bodyType: 4, report: { mrServiceTd: filled(48, 9), currentServiceTdHash: filled(48, 8) } },
    options: { ...expecting({ mrtd, mrServiceTd: filled(48, 9) }), covers: "firmware" },
  },
  "a TD with the service TD of launch and now pinned": {
    quote: {
      version: 5,
      bodyType: 4,
      report: {
        mrServiceTd: filled(48, 9),
        currentServiceTdHash: filled(48, 9),
        currentServiceTdAttributes: 5n,
      },
    },
    options: { ...expecting({ mrtd, mrServiceTd: filled(48, 9) }), covers: "firmware" },
  },
  "a module of another signer": { quote: { report: { mrSignerSeam: filled(48, 1) } } },
  "a module with attributes": { quote: { report: { seamAttributes: 1 } } },
  "a module of a version without identity": older(10),
  "a module of version 1.0": older(0),
  "a module of version 1.0 and another signer": {
    quote: { report: { mrSignerSeam: filled(48, 1), teeTcbSvn: Uint8Array.from([5, 0, 2, ...filled(13, 0)]) } },
  },
  "a module whose identity has attributes": {
    scene: tcbInfo({ tdxModuleIdentities: [{ ...moduleIdentity("TDX_01", 5), attributes: "0000000000000001" }] }),
  },
  "an advisory that applies": { scene: tcbInfo({ tcbLevels: [advised] }) },
  "an advisory that applies, and is taken": {
    scene: tcbInfo({ tcbLevels: [advised] }),
    tdx: { tcbStatuses: ["UpToDate", "SWHardeningNeeded"] },
  },
  "an advisory that applies, and is refused": {
    scene: tcbInfo({ tcbLevels: [advised] }),
    tdx: { tcbStatuses: "SWHardeningNeeded", rejectedAdvisories: ["INTEL-SA-00615", "INTEL-SA-00001"] },
  },
  "no level that matches, under demands": {
    scene: tcbInfo({ tcbLevels: [tcbLevel("tdx", "UpToDate", [...filled(16, 255)])] }),
    tdx: { tcbStatuses: "NotSupported", minimumTcbDate: "2020-01-01", rejectedAdvisories: "INTEL-SA-00001" },
  },
  "an older TCB than demanded": { tdx: { minimumTcbEvaluationDataNumber: 21, minimumTcbDate: "2030-01-02" } },
  "an older identity": {
    scene: { qeIdentity: forgeQeIdentity("tdx", { fields: { tcbEvaluationDataNumber: 19 } }) },
    tdx: { minimumTcbEvaluationDataNumber: 20 },
  },
  "a newer evaluation that is out": { more: [forgeEvaluations("tdx", [20, 21])] },
  "the newest evaluation": { more: [forgeEvaluations("tdx", [19, 20])] },
  "no collateral": { scene: { tcbInfo: null, qeIdentity: null, rootCrl: null, pckCrl: null, signer: null } },
  "no QE identity": { scene: { qeIdentity: null } },
  "no TCB info": { scene: { tcbInfo: null } },
  "no lists, which is taken": { scene: { rootCrl: null, pckCrl: null }, tdx: { revocation: "optional" } },
  "collateral of another platform": { scene: tcbInfo({ fmspc: "00906ED50000" }) },
  "a platform on the list": {
    tdx: {
      fmspcs: ["00806f050000"],
      ppids: "11".repeat(16),
      platformInstanceIds: filled(16, 0x22),
      platform: { smtEnabled: true },
    },
  },
  "a platform that is on no list": {
    tdx: {
      fmspcs: ["00906ed50000"],
      ppids: "12".repeat(16),
      platformInstanceIds: filled(16, 0x23),
      platform: { smtEnabled: false, cachedKeys: true },
    },
  },
  "a list of platforms, and no certificate": { quote: unnamed, tdx: { fmspcs: ["00806f050000"] } },
  "a list of processors, and no certificate": { quote: unnamed, tdx: { ppids: "12".repeat(16) } },
  "a list of instances, and no certificate": { quote: unnamed, tdx: { platformInstanceIds: filled(16, 0x23) } },
  "settings demanded, and no certificate": { quote: unnamed, tdx: { platform: { smtEnabled: false } } },
  "a processor, and a list of instances": { ...processor, tdx: { platformInstanceIds: filled(16, 0x22) } },
  "a processor": processor,
  "no certificate": { quote: unnamed },
  "a certificate without its authority": { quote: { certificationType: 4, chain: [forgePck()] } },
  "a chain that is incomplete": { quote: { chain: forgeChain().slice(0, 2) } },
  "a chain that was substituted": {
    more: [withChain(forgePck({ fmspc: "00906ed50000" }, { serial: 32 }), forgeCa(), forgeRoot())],
  },
  "a chain that came again": { more: [withChain(...forgeChain())] },
  "a PCK certificate of another authority's form": { quote: { chain: chain(lie) } },
  "a PCK certificate that cannot be read": { quote: { chain: chain(forgePck({ fmspc: "00806f0500" })) } },
  "a PCK certificate signed by a stranger": {
    quote: { chain: [forgePck({}, { issuerKey: INTEL_KEYS.attacker }), forgeCa(), forgeRoot()] },
  },
  "a PCK certificate of two faults": {
    quote: { chain: [forgePck({}, { serial: 0, issuerKey: INTEL_KEYS.attacker }), forgeCa(), forgeRoot()] },
  },
  "a root that is not Intel's": { more: [forgeRoot({ key: INTEL_KEYS.attacker, issuerKey: INTEL_KEYS.attacker })] },
  "a signer that expires first": { scene: { signer: longer } },
  "a PCK certificate that expires first": { quote: { chain: chain(shortPck) } },
  "a list that expires first": {
    scene: { pckCrl: forgePckCrl("platform", { nextUpdate: new Date("2030-06-17T00:00:00Z") }) },
  },
  "collateral that expires first": { scene: tcbInfo({ nextUpdate: "2030-06-16T12:00:00Z" }) },
  "dates before all of it": { options: { at: new Date("2020-01-01T00:00:00Z") } },
  "a quote that was changed": { quote: { signature: (bytes) => bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) } },
  "a QE report that was changed": {
    quote: { qeSignature: (bytes) => bytes.map((byte, i) => (i === 3 ? byte ^ 1 : byte)) },
  },
  "a QE that vouches for another key": { quote: { qe: { reportData: filled(64, 0) } } },
  "bytes behind the quote": { quote: { trailing: filled(7, 0) } },
};

const isEnclave = (name: string): boolean => name.includes("enclave");
const judged = (wanted: (name: string) => boolean) =>
  Object.fromEntries(
    Object.entries(PUTTINGS)
      .filter(([name]) => wanted(name))
      .map(([name, putting]) => [name, () => put(putting)]),
  );

itSays(
  "tdx",
  judged((name) => !isEnclave(name)),
);
itSays("sgx", judged(isEnclave));
