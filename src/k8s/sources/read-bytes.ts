import { fstatSync, readSync } from 'node:fs';

/**
 * The most that all inputs of a command may hold together, in bytes: 256 MiB. Far more than the manifests of the largest
 * clusters, and less than what would exhaust the memory of the program.
 */
export const MOST_BYTES: number = 256 * 2 ** 20;

/** How much of something without a size (a pipe, a device) is read at once. */
const PIECE = 1 << 20;

/** What is thrown for more than `most` bytes; everything else that is thrown is the system's. */
export class TooLarge extends Error {}

/**
 * All bytes behind an open descriptor, `most` at the most. Ends as soon as the first piece cannot be text, so that
 * /dev/zero is not read for long.
 *
 * @throws TooLarge, or the system's error
 */
export function readBytes(descriptor: number, most: number = MOST_BYTES): Uint8Array {
  const { size } = fstatSync(descriptor);
  if (size > most) throw new TooLarge();
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    // One byte more than the size: the end of a file is then seen by the second call.
    const piece = new Uint8Array(pieces.length === 0 && size > 0 ? size + 1 : PIECE);
    const count = readSome(descriptor, piece);
    if (count === 0) return joined(pieces, length);
    length += count;
    if (length > most) throw new TooLarge();
    pieces.push(piece.subarray(0, count));
    if (pieces.length === 1 && isZeroes(piece.subarray(0, count))) return piece.subarray(0, count);
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only, more] = pieces;
  if (only !== undefined && more === undefined) return only;
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function isZeroes(bytes: Uint8Array): boolean {
  return bytes.length > 1 && bytes[0] === 0 && bytes[1] === 0;
}

const NAP_MILLISECONDS = 20;

/** Reads once, waiting for a standard input that somebody made non-blocking. */
function readSome(descriptor: number, piece: Uint8Array): number {
  for (;;) {
    try {
      return readSync(descriptor, piece, 0, piece.length, null);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, NAP_MILLISECONDS);
    }
  }
}
