/** What a certificate may be used for: the extended key usage extension (RFC 5280, section 4.2.1.12). */

import { oid, readDer, sequence, TAG } from "../encoding/der.js";
import { type Certificate, EXTENSION } from "./certificate.js";

/** Purposes as dotted decimals; none where the extension is absent. @throws MalformedError */
export function purposes({ extensions }: Certificate): readonly string[] {
  const extension = extensions.get(EXTENSION.extendedKeyUsage);
  if (extension === undefined) return [];
  const fields = sequence(readDer(extension.value), "ExtKeyUsage");
  const found: string[] = [];
  while (fields.more) found.push(oid(fields.next(TAG.oid, "KeyPurposeId")));
  return found;
}
