/** Who signed, as Fulcio's certificate says: the identity provider, and the workflow of a repository or another subject (Fulcio, oid-info.md). */

import { contents, readDer, sequence, TAG } from "../../encoding/der.js";
import { demand } from "../../encoding/malformed.js";
import { fromUtf8 } from "../../encoding/text.js";
import type { Certificate } from "../../trust/certificate.js";
import { readObject, readString } from "../read.js";
import { SUBJECT_ALT_NAME } from "./certificate.js";
import { expectThat } from "./refused.js";

/** A workflow of a repository, at a tag or branch. */
export interface WorkflowIdentity {
  /** Address of the repository, without a slash at its end: `https://github.com/openclaw/openclaw`. */
  readonly repository: string;
  /** Path of the workflow in it, `.github/workflows/release.yml`; or the address of a reusable workflow elsewhere. */
  readonly workflow: string;
  /** `refs/tags/v2026.6.1`, `refs/heads/main`, or `refs/tags/*` for any tag. Whoever may push a branch may run what it says there. */
  readonly ref: string;
  /** Who issued the workflow's token; GitHub Actions unless told. */
  readonly issuer?: string;
}

/** Any other subject: an e-mail address or the whole address of a workflow, exactly. */
export interface SubjectIdentity {
  readonly subject: string;
  readonly issuer: string;
}

export type SignerIdentity = WorkflowIdentity | SubjectIdentity;

const GITHUB = "https://token.actions.githubusercontent.com";

/** @throws TypeError */
export function readIdentity(value: unknown): Required<WorkflowIdentity> | SubjectIdentity {
  const what = "identity";
  const given = readObject(value, ["repository", "workflow", "ref", "issuer", "subject"], what);
  const text = (name: string): string => readString(given[name], `${what}.${name}`);
  if (given.subject !== undefined) {
    if (["repository", "workflow", "ref"].some((name) => given[name] !== undefined))
      throw new TypeError("identity mixes subject with a workflow");
    return { subject: text("subject"), issuer: text("issuer") };
  }
  const identity = {
    repository: text("repository"),
    workflow: text("workflow"),
    ref: text("ref"),
    issuer: given.issuer === undefined ? GITHUB : text("issuer"),
  };
  if (!/^https:\/\/[^/]+\/.*[^/]$/.test(identity.repository))
    throw new TypeError("identity.repository must be an https address without a slash at its end");
  if (!/^refs\/(?:tags\/\*|(?:tags|heads)\/[^*]+)$/.test(identity.ref))
    throw new TypeError("identity.ref must be refs/tags/<tag>, refs/heads/<branch> or refs/tags/*");
  return identity;
}

const ARC = "1.3.6.1.4.1.57264.1";

/** @throws RefusedError, MalformedError */
export function verifyIdentity(certificate: Certificate, wanted: Required<WorkflowIdentity> | SubjectIdentity): string {
  const subject = subjectOf(certificate);
  const issuer = issuerOf(certificate);
  expectThat(issuer === wanted.issuer, `it was signed with a token of ${issuer}`);
  if ("subject" in wanted) {
    expectThat(subject === wanted.subject, `it was signed by ${subject}`);
    return `${subject} (${issuer})`;
  }
  const repository = textOf(certificate, "12");
  const ref = textOf(certificate, "14");
  expectThat(repository === wanted.repository, `it was signed for the repository ${repository}`);
  expectThat(
    wanted.ref === "refs/tags/*" ? ref?.startsWith("refs/tags/") === true : ref === wanted.ref,
    `it was signed at ${ref}`,
  );
  const elsewhere = wanted.workflow.startsWith("https://");
  // The caller's own workflow runs at the ref that was built; a reusable one at a ref of its own.
  const signs = elsewhere
    ? subject.startsWith(`${wanted.workflow}@`)
    : subject === `${repository}/${wanted.workflow}@${ref}`;
  expectThat(signs, `it was signed by ${subject}`);
  return `${subject} (${issuer})`;
}

/** RFC 5280, section 4.2.1.6: the one name. */
function subjectOf({ extensions }: Certificate): string {
  const extension = extensions.get(SUBJECT_ALT_NAME);
  expectThat(extension !== undefined, "its certificate names nobody");
  const names = sequence(readDer(extension.value), "SubjectAltName");
  const name = names.any("GeneralName");
  names.end("SubjectAltName");
  // rfc822Name or uniformResourceIdentifier; Fulcio's otherName is of user names, which no issuer here gives.
  expectThat(name.tag === 0x81 || name.tag === 0x86, "its certificate names its signer in another way than by address");
  const bytes = contents(name);
  demand(bytes.length <= 1024 && bytes.every((byte) => byte > 0x20 && byte < 0x7f), "SubjectAltName is no address");
  return String.fromCharCode(...bytes);
}

/** Extension 8, or 1 of old certificates, which is bare text. */
function issuerOf(certificate: Certificate): string | undefined {
  const old = certificate.extensions.get(`${ARC}.1`);
  const text = textOf(certificate, "8");
  const bare = old === undefined ? undefined : fromUtf8(old.value);
  expectThat(text === undefined || bare === undefined || text === bare, "its certificate names two issuers");
  return text ?? bare;
}

function textOf({ extensions }: Certificate, arc: string): string | undefined {
  const extension = extensions.get(`${ARC}.${arc}`);
  if (extension === undefined) return undefined;
  const element = readDer(extension.value);
  demand(element.tag === TAG.utf8String, "Fulcio extension that is no text");
  return fromUtf8(contents(element));
}
