import { statSync } from 'node:fs';
import type { Diagnostic } from './diagnostics.ts';
import { listFolder } from './sources/folder.ts';
import { folderOf, howToRender, isKustomizationFile, notRendered } from './sources/kustomization.ts';
import { memoryProblem } from './sources/memory.ts';
import { MOST_BYTES } from './sources/read-bytes.ts';
import { readText, STDIN, type StandardInput } from './sources/read-text.ts';
import { shellWord } from './sources/shell-word.ts';
import { systemReason } from './sources/system-reason.ts';
import { chartOf } from './sources/template.ts';

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

export interface ReadOptions {
  /** `-R`: the folders below a folder as well. */
  readonly recursive?: boolean;
  /** `--skip-invalid`: what is no text, or lies in a folder and cannot be read, is left out with a warning. */
  readonly skipInvalid?: boolean;
}

/**
 * Reads what `-f` names, in order: files as they are, folders in kubectl's order, `-` once from `stdin`. Never more than
 * 256 MiB together. What cannot be read is a diagnostic; the rest is still read.
 */
export function readSources(
  paths: readonly string[],
  stdin?: StandardInput,
  { recursive = false, skipInvalid = false }: ReadOptions = {},
): Sources {
  const sources: SourceText[] = [];
  const diagnostics: Diagnostic[] = [];
  const charts = new Set<string>();
  let left = MOST_BYTES;
  const sizes = { yaml: 0, json: 0 };
  let stdinRead = false;
  const tell = (code: string, message: string, fix?: string): void => {
    diagnostics.push({ severity: 'error', code, message, ...(fix === undefined ? {} : { fix }) });
  };
  /** What `--skip-invalid` makes a warning. */
  const leave = (diagnostic: Diagnostic): void => {
    const left = skipInvalid && diagnostic.severity === 'error';
    diagnostics.push(left ? { ...diagnostic, severity: 'warning' } : diagnostic);
  };

  const tellOfChart = (chart: string): void => {
    if (charts.has(chart)) return;
    charts.add(chart);
    leave({
      severity: 'error',
      code: 'PW115',
      message: `"${chart}" is a Helm chart, and its templates are not rendered`,
      fix: `helm template NAME ${shellWord(chart)} | podwalk ... -f -`,
    });
  };

  const take = (file: string, inFolder: boolean): void => {
    const read = readText(file, stdin, left);
    if (!read.ok) {
      if (read.why === 'size') left = 0;
      if (read.why === 'encoding' || (read.why === 'system' && inFolder)) leave(read.problem);
      else diagnostics.push(read.problem);
      return;
    }
    left -= read.size;
    sizes[/^\s*[{[]/.test(read.text) ? 'json' : 'yaml'] += read.size;
    const chart = file !== STDIN && read.text.includes('{{') ? chartOf(file) : undefined;
    if (chart !== undefined) tellOfChart(chart);
    else if (isKustomizationFile(file, read.text)) diagnostics.push(notRendered(folderOf(file), `"${file}"`));
    else sources.push({ file, text: read.text });
  };

  const readStdin = (): void => {
    if (!stdinRead && stdin !== undefined) {
      stdinRead = true;
      return take(STDIN, false);
    }
    const why = stdinRead ? 'standard input was named twice' : 'there is no standard input to read';
    tell('PW101', why, 'name `-f -` once');
  };

  const readFolder = (folder: string): void => {
    const found = listFolder(folder, recursive);
    for (const one of found.diagnostics) leave(one);
    for (const chart of found.charts) tellOfChart(chart);
    const empty = found.files.length + found.charts.length + found.diagnostics.length === 0;
    const [kustomization] = found.kustomizations;
    if (empty && kustomization !== undefined) {
      const message = `the folder "${folder}" holds a kustomization and no manifests of its own`;
      tell('PW102', message, howToRender(kustomization));
      return;
    }
    for (const one of found.kustomizations) diagnostics.push(notRendered(one, `the folder "${one}"`));
    if (empty) {
      const fix =
        found.below > 0
          ? '-R reads the folders below it too'
          : 'name a file, or a directory that holds manifests (-R reads those below it too)';
      tell('PW102', `the directory "${folder}" holds no .yaml, .yml or .json files`, fix);
    }
    for (const file of found.files) take(file, true);
  };

  for (const path of paths) {
    const url = urlProblem(path);
    if (path === '-') readStdin();
    else if (url !== undefined) diagnostics.push(url);
    else {
      try {
        if (statSync(path).isDirectory()) readFolder(path);
        else take(path, false);
      } catch (error) {
        tell('PW101', `the path "${path}" cannot be read: ${systemReason(error)}`);
      }
    }
  }
  const [only] = diagnostics;
  if (only !== undefined && sources.length === 0 && diagnostics.every(({ code }) => code === 'PW117'))
    tell('PW112', 'no objects found: there is nothing but what is not rendered', only.fix);
  const memory = memoryProblem(sizes);
  if (memory !== undefined) diagnostics.push(memory);
  return { sources, diagnostics };
}

/** What is said of a URL in the place of a path; undefined for a path. */
export function urlProblem(path: string): Diagnostic | undefined {
  if (!/^[a-z][a-z\d+.-]+:\/\//i.test(path)) return undefined;
  const [, file] = /^file:\/\/(\/.*)$/i.exec(path) ?? [];
  const [message, fix] =
    file === undefined
      ? ['podwalk downloads nothing', `curl -L ${shellWord(path)} | podwalk ... -f -`]
      : ['-f takes paths', `write -f ${shellWord(file)}`];
  return { severity: 'error', code: 'PW122', message: `"${path}" is a URL: ${message}`, fix };
}
