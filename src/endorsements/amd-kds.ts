/** Addresses of AMD's Key Distribution Service (AMD 57230, sections 4 and 5). */

export const AMD_KDS = "https://kdsintf.amd.com";

/** Product names in addresses: Bergamo and Siena are `Genoa` there. */
export type AmdProduct = "Milan" | "Genoa" | "Turin";

/**
 * The address of a VCEK.
 *
 * @param hwid chip id as lowercase hex: 128 digits, on Turin the first 16
 * @param tcb security patch levels of the REPORTED_TCB by KDS parameter name, in the order of the address
 */
export function vcekAddress(product: AmdProduct, hwid: string, tcb: readonly (readonly [string, number])[]): string {
  const query = tcb.map(([name, level]) => `${name}=${String(level).padStart(2, "0")}`).join("&");
  return `${AMD_KDS}/vcek/v1/${product}/${hwid}?${query}`;
}

/** The address of the CRL that the product's ARK issues; the same list serves VCEK and VLEK chains. */
export function crlAddress(product: AmdProduct, key: "vcek" | "vlek"): string {
  return `${AMD_KDS}/${key}/v1/${product}/crl`;
}
