import { type Dirent, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../diagnostics.ts';
import { isCniFile } from './cni-file.ts';
import { isKustomizationName } from './kustomization.ts';
import { shellWord } from './shell-word.ts';
import { systemReason } from './system-reason.ts';
import { isChart } from './template.ts';

/** What a folder holds for `-f`. */
export interface FolderContents {
  /** The manifests, and configurations of CNI plugins, in kubectl's order: by name, a folder's own where its name stands. */
  readonly files: readonly string[];
  /** Folders with a kustomization, whose file is none of `files`. */
  readonly kustomizations: readonly string[];
  /** Charts, whose files are none of `files`. */
  readonly charts: readonly string[];
  /** Folders below that were not looked into. */
  readonly below: number;
  /** What lies there and cannot be read. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The suffixes that kubectl reads in a folder (resource.FileExtensions). */
const MANIFEST = /\.(json|yaml|yml)$/;

/**
 * Lists a folder as kubectl's FilenameParam walks it (filepath.Walk): with `recursive` the folders below as well, but
 * none that is only linked.
 *
 * @throws the system's error when the folder itself cannot be read
 */
export function listFolder(folder: string, recursive: boolean): FolderContents {
  const files: string[] = [];
  const kustomizations: string[] = [];
  const charts: string[] = [];
  const diagnostics: Diagnostic[] = [];
  let below = 0;
  const warn = (severity: 'error' | 'warning', code: string, message: string, fix?: string): void => {
    diagnostics.push({ severity, code, message, ...(fix === undefined ? {} : { fix }) });
  };

  const entry = (path: string, found: Dirent): void => {
    const wanted = MANIFEST.test(found.name) || isCniFile(path, found);
    if (found.isDirectory()) {
      if (recursive) walkBelow(path);
      else below++;
    } else if (found.isSymbolicLink()) link(path, wanted);
    else if (wanted && found.isFile()) files.push(path);
    else if (wanted) warn('warning', 'PW126', `"${path}" is passed over: it is a pipe, a socket or a device`);
  };

  const link = (path: string, wanted: boolean): void => {
    try {
      const target = statSync(path);
      if (target.isDirectory()) {
        if (recursive)
          warn(
            'warning',
            'PW126',
            `the linked folder "${path}" is not followed, as kubectl follows none`,
            `name it as well: -f ${shellWord(path)}`,
          );
        else below++;
      } else if (wanted && target.isFile()) files.push(path);
      else if (wanted)
        warn('warning', 'PW126', `"${path}" is passed over: it is a link to a pipe, a socket or a device`);
    } catch (error) {
      if (!wanted) return;
      const reason = missing(error)
        ? `it is a link to "${targetOf(path)}", which is not there`
        : systemReason(error);
      warn('error', 'PW101', `cannot read "${path}": ${reason}`, 'mend the link, or remove it');
    }
  };

  const walkBelow = (path: string): void => {
    try {
      walk(path);
    } catch (error) {
      warn('error', 'PW101', `cannot read the folder "${path}": ${systemReason(error)}`);
    }
  };

  const walk = (path: string): void => {
    const found = readdirSync(path, { withFileTypes: true });
    if (isChart(path)) {
      charts.push(path);
      return;
    }
    found.sort((a, b) => (a.name < b.name ? -1 : 1));
    if (found.some(({ name }) => isKustomizationName(name))) kustomizations.push(path);
    for (const one of found) {
      if (!isKustomizationName(one.name)) entry(join(path, one.name), one);
    }
  };

  walk(folder);
  return { files, kustomizations, charts, below, diagnostics };
}

function missing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '?';
  }
}
