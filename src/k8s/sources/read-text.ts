import { closeSync, openSync } from 'node:fs';
import type { Diagnostic } from '../diagnostics.ts';
import { decodeText } from './decode-text.ts';
import { MOST_BYTES, readBytes, TooLarge } from './read-bytes.ts';
import { shellWord } from './shell-word.ts';
import { LIMIT_TEXT, systemReason } from './system-reason.ts';

/** All of standard input: text, its bytes, of which UTF-8 and UTF-16 are read, or the descriptor to read them from. */
export type StandardInput = () => string | Uint8Array | number;

/** The name that diagnostics give standard input. */
export const STDIN = '<stdin>';

export type TextRead =
  | { readonly ok: true; readonly text: string; readonly size: number }
  /** `encoding`: it is there, and no text. */
  | { readonly ok: false; readonly why: 'system' | 'size' | 'encoding'; readonly problem: Diagnostic };

/** Reads a file, or standard input where `file` is `STDIN`, of which there may be `most` bytes. */
export function readText(
  file: string,
  stdin: StandardInput | undefined,
  most: number = MOST_BYTES,
): TextRead {
  const what = file === STDIN ? 'standard input' : `"${file}"`;
  const error = (code: string, message: string, fix?: string): Diagnostic => ({
    severity: 'error',
    code,
    message: `cannot read ${what}: ${message}`,
    ...(fix === undefined ? {} : { fix }),
  });
  let bytes: string | Uint8Array;
  try {
    bytes = file === STDIN ? bytesOfInput(stdin?.() ?? '', most) : bytesOf(file, most);
    if (bytes.length > most) throw new TooLarge();
  } catch (thrown) {
    // What is no system's error is a bug of whoever gave `stdin`.
    if (!(thrown instanceof TooLarge) && !(thrown instanceof Error && 'code' in thrown)) throw thrown;
    if (!(thrown instanceof TooLarge))
      return { ok: false, why: 'system', problem: error('PW101', systemReason(thrown)) };
    const fix = 'give only the kinds that are read: nodes, pods, services, endpointslices, ...';
    return {
      ok: false,
      why: 'size',
      problem: error('PW116', `the input is larger than the ${LIMIT_TEXT} that podwalk reads in all`, fix),
    };
  }
  if (typeof bytes === 'string')
    return { ok: true, text: bytes.charCodeAt(0) === 0xfeff ? bytes.slice(1) : bytes, size: bytes.length };
  const decoded = decodeText(bytes, file === STDIN ? 'FILE' : shellWord(file));
  if ('text' in decoded) return { ok: true, text: decoded.text, size: bytes.length };
  const { message, fix, line, column } = decoded.problem;
  const place = line === undefined || column === undefined ? {} : { position: { file, line, column } };
  return { ok: false, why: 'encoding', problem: { ...error('PW114', message, fix), ...place } };
}

/**
 * What standard input holds, read if it is a descriptor.
 *
 * @throws TooLarge, or the system's error
 */
export function bytesOfInput(given: ReturnType<StandardInput>, most?: number): string | Uint8Array {
  return typeof given === 'number' ? readBytes(given, most) : given;
}

function bytesOf(file: string, most: number): Uint8Array {
  const descriptor = openSync(file, 'r');
  try {
    return readBytes(descriptor, most);
  } finally {
    closeSync(descriptor);
  }
}
