/** All that a command sees of the process: tests hand in streams of their own. */

/** What the terminal can show. */
export interface Terminal {
  /** Columns of text. */
  readonly width: number;
  readonly colour: boolean;
  /** Whether symbols outside ASCII can be shown. */
  readonly unicode: boolean;
}

export interface Io {
  /** At most `limit` bytes of a file, or of standard input for `-`. @throws UsageError */
  read(path: string, limit: number): Promise<Uint8Array>;
  /** All of a file, or of standard input for `-`, in pieces: it may be large. @throws UsageError */
  chunks(path: string): AsyncIterable<Uint8Array>;
  /** The files below a folder, by paths with `/`; what is neither file nor folder too, and no link is followed. @throws UsageError */
  list(folder: string): Promise<readonly { readonly path: string; readonly isFile: boolean }[]>;
  readonly version: string;
  out(text: string): void;
  err(text: string): void;
  readonly terminal: Terminal;
  readonly fetch: typeof globalThis.fetch;
}

const MIN_WIDTH = 40;
/** Longer lines are hard to read, however wide the window is. */
const MAX_WIDTH = 110;

/** What the environment says of the terminal: colour on a terminal alone, and never against NO_COLOR (no-color.org). */
export function terminalOf(
  env: Readonly<Record<string, string | undefined>>,
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  platform: string,
): Terminal {
  const plain = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  // POSIX: the first of these that is set and not empty decides.
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return {
    width: Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, stream.columns ?? 80)),
    colour: stream.isTTY === true && !plain,
    unicode: env["TERM"] !== "dumb" && (platform === "win32" || /utf-?8/i.test(locale ?? "")),
  };
}
