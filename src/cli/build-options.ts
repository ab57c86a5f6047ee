/** Options that name a build by its manifest, and who may vouch for it: shared by `verify` and `manifest verify`. */

import type { Arguments, OptionSpec } from "./args.js";

export const BUILD_OPTIONS: readonly OptionSpec[] = [
  {
    name: "publisher",
    short: "p",
    value: "FILE",
    repeatable: true,
    help: "a key (PEM or DER) that may sign the build manifest, which --expect names or the bundle carries",
  },
  {
    name: "trusted",
    help: "take the manifest that --expect names as it is, unsigned: you got it from where you trust",
  },
  {
    name: "sigstore-root",
    value: "FILE",
    help: "the trusted_root.json under which a Sigstore bundle may sign the manifest",
  },
  { name: "repository", value: "URL", help: "Sigstore: the repository whose workflow signed" },
  { name: "workflow", value: "PATH", help: "Sigstore: the workflow, .github/workflows/release.yml" },
  { name: "ref", value: "REF", help: "Sigstore: refs/tags/v1.2.3, refs/heads/main, or refs/tags/* for any tag" },
  { name: "subject", value: "WHO", help: "Sigstore: the signer exactly, in the place of repository, workflow and ref" },
  { name: "issuer", value: "URL", help: "Sigstore: who vouches for the signer; GitHub Actions unless told" },
  { name: "name", value: "NAME", help: "the product that the manifest must be of; as in --expect unless told" },
  { name: "minimum-version", value: "VERSION", help: "the oldest version that is accepted" },
];

/** Whether any of them was given. */
export function namesBuild(args: Arguments): boolean {
  return BUILD_OPTIONS.some(({ name }) => args.flag(name));
}
