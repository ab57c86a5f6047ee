/** English of the checks and limits of Azure's confidential VMs. */

import type { LimitCatalogue, MessageCatalogue } from "./catalogue.js";
import { pathCodes } from "./house.js";

/** Codes of the checks of Azure evidence. */
export type AzureCode =
  | "td-quote-missing"
  | "runtime-claims-mismatch"
  | "attestation-key-missing"
  | "attestation-key-form"
  | "tpm-quote-missing"
  | "pcr-selection"
  | "pcr-digest-mismatch"
  /** Nothing says who wrote the paravisor, whose software the vTPM is. */
  | "paravisor-unknown"
  | "user-data-mismatch"
  | "secure-boot-off"
  | "vm-not-accepted"
  | "uvm-endorsement-missing"
  | "did-mismatch"
  | "feed-not-accepted"
  | "uvm-measurement-mismatch";

export const azureMessages: MessageCatalogue = {
  "azure-cvm/format": {
    title: "The evidence is well-formed",
    passed: "HCL report, runtime claims and TPM quote have the form that Microsoft and the TCG give them.",
    codes: {},
  },
  "azure-cvm/hardware": {
    title: "The hardware's own report is there",
    passed: "It is a part of its own ({hardware}), and its checks stand below.",
    codes: {
      "td-quote-missing":
        "On TDX the HCL report holds a TDREPORT, which no other machine can check. Ask for the TD quote as well (`td_quote`).",
    },
  },
  "azure-cvm/runtime-claims": {
    title: "The hardware vouches for the runtime claims",
    passed: "Their {hash} digest is in the report data, and the rest of that is zero.",
    codes: {
      "runtime-claims-mismatch":
        "The digest of the claims is {expected} and the report data holds {found}. Keys and settings in them are anybody's: trust nothing in them.",
    },
  },
  "azure-cvm/attestation-key": {
    title: "The vTPM's attestation key is among the claims",
    passed: "There is one key HCLAkPub, RSA of 2048 bits.",
    codes: {
      "attestation-key-missing": "The claims hold {count} keys of the name HCLAkPub where one belongs.",
      "attestation-key-form": "HCLAkPub is no RSA key of 2048 bits with exponent 65537, which Azure's vTPM has.",
    },
  },
  "azure-cvm/quote-signature": {
    title: "The vTPM signed the quote",
    passed: "The RSASSA signature over the bytes received verifies under HCLAkPub.",
    codes: {
      "signature-invalid": "The signature does not verify: the quote was altered, or another key signed it.",
      "tpm-quote-missing":
        "The HCL report came without a quote of the vTPM: nothing says what was booted, or when. Ask for a quote by the key at 0x81000003 with your nonce.",
    },
  },
  "azure-cvm/pcrs": {
    title: "The quote is over the registers that are listed",
    passed: "Registers 0 up, {count} of them, of the SHA-256 bank, hash to the digest that was signed.",
    codes: {
      "pcr-selection":
        "The quote is over the registers {selected} (banks {banks}) and {listed} values are listed, from 0 up. What the quote is not over, anybody may have written.",
      "pcr-digest-mismatch": "The listed registers hash to {expected} and the quote signs {found}. They were altered.",
    },
  },
  "azure-cvm/paravisor": {
    title: "The paravisor is one that you or Microsoft vouch for",
    passed: "Known by {by}. ID key {idKeyDigest}, measurement {measurement}.",
    codes: {
      "any-build": "You asked for any build, and nothing says whose paravisor this is ({measurement}).",
      "paravisor-unknown":
        "Nothing says whose paravisor this is: ID key {idKeyDigest}, measurement {measurement}. Whoever wrote it can make its vTPM sign anything. Give its `measurement`, `idKeyDigest` or `mrtd` as reference value.",
    },
  },
  "azure-cvm/build": {
    title: "It is the build you expect",
    passed: "Compared with {source}. {shown}.",
    codes: {
      "any-build": "You asked for any build: nothing was compared. {shown}.",
      "build-mismatch":
        "It is another build than {source} says: {differing} differ. Do not trust it with anything until you know why. {shown}.",
      "no-reference-values": "You expect something of other kinds of evidence and nothing of this one. {shown}.",
      "manifest-missing": "The build was named by its hash and its manifest did not come with the evidence.",
    },
  },
  "azure-cvm/binding": {
    title: "It answers your question, on your channel",
    passed: "What your binding demands is in {fields} ({expected}).",
    codes: {
      unbound: "You asked for no binding: this may be a recording, or another machine's. {found}.",
      "binding-mismatch":
        "Your binding demands {expected} and the evidence has {found} ({fields}). It answers another question or belongs to another channel: a replay or a relay looks like this.",
      "binding-unsupported":
        "This evidence has no place for such a binding: a quote has extraData, the claims user-data.",
    },
  },
  "azure-cvm/user-data": {
    title: "The hardware's report repeats the quote's data",
    passed: "user-data of the runtime claims is {expected}.",
    codes: {
      "user-data-mismatch":
        "user-data of the runtime claims is {found} and the quote's extraData asks for {expected}. The hardware's report may be older than the quote.",
    },
  },
  "azure-cvm/secure-boot": {
    title: "Secure Boot is on",
    passed: "vm-configuration says so, and the hardware vouches for it.",
    codes: {
      "secure-boot-off": "The VM was started without Secure Boot: it boots whatever lies on its disk.",
      allowed: "The VM was started without Secure Boot; your policy takes that.",
    },
  },
  "azure-cvm/vm-accepted": {
    title: "The machine is one that you accept",
    passed: "{vmId} is on your list.",
    codes: { "vm-not-accepted": "{vmId} is not on your list ({accepted})." },
  },
};

export const aciMessages: MessageCatalogue = {
  "azure-aci/format": {
    title: "The evidence is well-formed",
    passed: "Report and endorsement have the form that Microsoft gives them.",
    codes: {},
  },
  "azure-aci/uvm-signature": {
    title: "The utility VM's endorsement is signed",
    passed: "The PS384 signature over the bytes received verifies.",
    codes: {
      "signature-invalid": "The signature does not verify, or is not PS384: the endorsement was altered or forged.",
      "uvm-endorsement-missing":
        "No endorsement of the utility VM came along (`Endorsements`; in the container `reference-info-base64`): nothing says whose it is.",
    },
  },
  "azure-aci/uvm-issuer": {
    title: "The endorsement's issuer is Microsoft's signer",
    passed: "{issuer} names the root and the signer's purpose.",
    codes: {
      "did-mismatch":
        "{issuer} does not name this root ({root}) and the purpose of Microsoft's signer of utility VMs ({usages}).",
    },
  },
  "azure-aci/uvm-path": {
    title: "Microsoft vouches for the signer",
    passed: "The chain leads to {anchor} ({anchors}) and was valid when it signed, {at}.",
    codes: {
      ...pathCodes,
      "root-not-pinned":
        "The chain ends at {root} (SHA-256 {sha256}), which is not the root that is pinned. Anybody can make one.",
    },
  },
  "azure-aci/uvm-feed": {
    title: "The endorsement is for utility VMs",
    passed: "Feed {feed}.",
    codes: { "feed-not-accepted": "It is of the feed {feed} and you accept {accepted}." },
  },
  "azure-aci/uvm-measurement": {
    title: "The machine runs the endorsed utility VM",
    passed: "Its launch measurement is {endorsed}.",
    codes: { "uvm-measurement-mismatch": "The endorsement is for {endorsed} and the machine measures {found}." },
  },
  "azure-aci/build": {
    title: "It is the build you expect",
    passed: "Compared with {source}: security version {svn}, policy {hostData}.",
    codes: {
      "any-build": "You asked for any build. Security version {svn}, policy {hostData}.",
      "build-mismatch": "It is not what {source} says: security version {svn}, policy {hostData}.",
      "no-reference-values": "You expect something of other kinds of evidence and nothing of this one.",
      "manifest-missing": "The build was named by its hash and its manifest did not come with the evidence.",
    },
  },
  "azure-aci/binding": {
    title: "It answers your question, on your channel",
    passed: "The report data is what your binding demands ({expected}).",
    codes: {
      unbound: "You asked for no binding: this may be a recording, or another machine's.",
      "binding-mismatch": "Your binding demands {expected} and the report data is {found}.",
      "binding-unsupported": "The evidence has 64 bytes of report data, and no place for such a binding.",
    },
  },
};

export const azureLimits: LimitCatalogue = {
  "utility-vm":
    "What runs in the containers is what the policy in the host data allows: the utility VM, which Microsoft writes and signs, enforces it.",
  "paravisor-is-microsofts":
    "The hardware's launch measurement is Microsoft's paravisor, for which Microsoft publishes no reference values: what runs above it is known by the vTPM's registers alone.",
  "vtpm-is-software":
    "The vTPM is software of the paravisor: its registers are as trustworthy as Microsoft's code, and say nothing about what was changed after boot.",
};
