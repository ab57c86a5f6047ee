/** When the pinned roots were last compared with what their vendors publish. */

/** `YYYY-MM-DD`, shown in `verdict.meta.roots`. */
export const ROOTS_DATE = "2026-11-24";
