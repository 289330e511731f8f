/** Exit codes (DESIGN section 3), the same for every command. */
export const EXIT = {
  /** Delivered, true, no difference. */
  yes: 0,
  /** A valid negative answer. */
  no: 1,
  /** Bad usage or bad input. */
  usage: 2,
  /** A bug of podwalk's own. */
  bug: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
