import { MOST_BYTES, TooLarge } from './read-bytes.ts';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'it is a directory',
  ENOTDIR: 'what comes before a "/" in it is not a directory',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'the name is too long',
  ENXIO: 'it is a socket or a device that is not there',
  EMFILE: 'too many open files',
  ENOSPC: 'no space left on device',
  EIO: 'input/output error',
  EINVAL: 'it cannot be read like a file',
};

/** The system's error in words, without what only programmers read. */
export function systemReason(error: unknown): string {
  if (error instanceof TooLarge) return `there is more of it than podwalk reads (${LIMIT_TEXT} in all)`;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') return 'it cannot be opened';
  return REASONS[code] ?? code;
}

/** The limit as people read it: `256 MiB`. */
export const LIMIT_TEXT: string = `${MOST_BYTES / 2 ** 20} MiB`;
