/** What a command may touch of the outside; tests give their own. */
export interface Io {
  /** Answers. */
  readonly stdout: (text: string) => void;
  /** Answers that are no text. */
  readonly stdoutBytes: (bytes: Uint8Array) => void;
  /** Messages. */
  readonly stderr: (text: string) => void;
  /** All of standard input: as text, as bytes, or the descriptor to read them from; asked for at most once. */
  readonly stdin: () => string | Uint8Array | number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether stdout is a terminal. */
  readonly isTTY: boolean;
  /** Where progress is drawn: stderr, where that is a terminal. */
  readonly progressTo?: NodeJS.WritableStream;
}
