import { basename, dirname } from 'node:path';
import type { Diagnostic } from '../diagnostics.ts';
import { shellWord } from './shell-word.ts';

/** The names under which kustomize looks for its file (konfig.RecognizedKustomizationFileNames). */
const NAMES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

export function isKustomizationName(name: string): boolean {
  return NAMES.includes(name);
}

/** Whether a file is kustomize's, by its name; of Flux's kind of that name it is not. */
export function isKustomizationFile(file: string, text: string): boolean {
  return (
    isKustomizationName(basename(file)) &&
    !/^apiVersion:\s*["']?(?!kustomize\.config\.k8s\.io\/)\w/m.test(text)
  );
}

/** Whether an object is kustomize's configuration. */
export function isKustomizationKind(kind: string, apiVersion: string): boolean {
  return (
    apiVersion.startsWith('kustomize.config.k8s.io/') && (kind === 'Kustomization' || kind === 'Component')
  );
}

/** What is said of a kustomization that was given by `-f`. */
export function notRendered(folder: string, what: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'PW117',
    message: `${what} is a kustomization and not rendered: its resources, namespace, prefixes and patches do not count here`,
    fix: `${howToRender(folder)}`,
  };
}

export function howToRender(folder: string): string {
  return `podwalk ... -k ${shellWord(folder)}, where kubectl or kustomize is installed; or: kubectl kustomize ${shellWord(folder)} | podwalk ... -f -`;
}

export function folderOf(file: string): string {
  return dirname(file);
}
