import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from './diagnostics.ts';

/** One text of the input, and the name that diagnostics give it. */
export interface SourceText {
  /** The path as it was given, or `<stdin>`. */
  readonly file: string;
  readonly text: string;
}

export interface Sources {
  readonly sources: SourceText[];
  readonly diagnostics: Diagnostic[];
}

/** The suffixes that kubectl reads in a directory (resource.FileExtensions, without the kustomize ones). */
const MANIFEST = /\.(json|yaml|yml)$/;

/**
 * Reads what `-f` names, in order: files as they are, directories not recursively and in name order, `-` once
 * from `stdin`. What cannot be read is a diagnostic; the rest is still read.
 */
export function readSources(paths: readonly string[], stdin?: () => string): Sources {
  const sources: SourceText[] = [];
  const diagnostics: Diagnostic[] = [];
  const fail = (code: string, message: string, fix?: string): void => {
    diagnostics.push({ severity: 'error', code, message, ...(fix === undefined ? {} : { fix }) });
  };
  const readFile = (file: string): void => {
    try {
      sources.push({ file, text: withoutMark(readFileSync(file, 'utf8')) });
    } catch (error) {
      fail('PW101', `cannot read "${file}": ${reason(error)}`);
    }
  };
  let stdinRead = false;
  for (const path of paths) {
    if (path === '-') {
      if (stdinRead || stdin === undefined) {
        fail(
          'PW101',
          stdinRead ? 'standard input was named twice' : 'there is no standard input to read',
          'name `-f -` once',
        );
        continue;
      }
      stdinRead = true;
      try {
        sources.push({ file: '<stdin>', text: withoutMark(stdin()) });
      } catch (error) {
        fail('PW101', `cannot read standard input: ${reason(error)}`);
      }
      continue;
    }
    try {
      if (!statSync(path).isDirectory()) {
        readFile(path);
        continue;
      }
      const names = readdirSync(path)
        .filter((name) => MANIFEST.test(name))
        .sort();
      const files = names.map((name) => join(path, name)).filter((file) => !statSync(file).isDirectory());
      if (files.length === 0) {
        fail(
          'PW102',
          `the directory "${path}" holds no .yaml, .yml or .json files`,
          'name a file, or a directory that holds manifests itself (subdirectories are not read)',
        );
      }
      for (const file of files) readFile(file);
    } catch (error) {
      fail('PW101', `the path "${path}" cannot be read: ${reason(error)}`);
    }
  }
  return { sources, diagnostics };
}

/** Editors on Windows begin files with a byte order mark. */
function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return 'no such file or directory';
    case 'EACCES':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a directory';
    default:
      return typeof code === 'string' ? code : 'it cannot be opened';
  }
}
