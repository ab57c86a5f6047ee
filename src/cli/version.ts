/** The version, which a test holds to that of package.json: a program in one file has no package to read it from. */

export const VERSION = "0.1.0";
