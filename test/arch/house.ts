import { dirname, posix } from 'node:path';

/**
 * The rules of the house (which folder may import which) as a function from source texts to violations, so
 * that the test can hold it against src and against made-up sources that break each rule.
 */

/** Folders of src from the bottom up: a layer imports only from those before it. */
export const LAYERS = [
  'addr',
  'wire',
  'kernel',
  'formats',
  'k8s',
  'controllers',
  'cluster',
  'trace',
  'intent',
  'render',
  'lab',
  'teach',
  'cli',
] as const;

/** Where each library may be imported. A library that is not listed may be imported nowhere. */
export const LIBRARIES: Readonly<Record<string, readonly string[]>> = {
  commander: ['cli'],
  'cli-table3': ['render', 'cli'],
  'cli-progress': ['cli'],
  yaml: ['k8s', 'render'],
  'dns-packet': ['wire'],
  'ip-num': ['controllers/ipam'],
  netmask: ['controllers/ipam'],
};

/**
 * Parts of Node that compute and touch nothing outside; everything else of `node:` is IO. `node:module` loads a library
 * when it is first needed, which is no more than an import does.
 */
const PURE_NODE = new Set([
  'node:crypto',
  'node:module',
  'node:util',
  'node:path',
  'node:url',
  'node:buffer',
]);
/** Folders that read files, write to terminals or start programs. */
const IO_LAYERS = new Set(['k8s', 'lab', 'cli']);

export const MAX_LINES = 300;
/** Files that are longer for now; the test demands that this stays empty. */
export const LONG_FILES: readonly string[] = [];

export interface Import {
  readonly line: number;
  readonly specifier: string;
}

/** Static imports, re-exports and dynamic imports of a module, with their lines. */
export function importsOf(text: string): Import[] {
  const out: Import[] = [];
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;
  for (const match of text.matchAll(pattern)) {
    const specifier = match[1] ?? match[2];
    if (specifier === undefined) continue;
    const at = match.index + match[0].lastIndexOf(specifier);
    out.push({ line: text.slice(0, at).split('\n').length, specifier });
  }
  return out;
}

/** The part of the house that a file belongs to: a layer, or one controller. */
function unitOf(path: string): { layer: string; unit: string } {
  const parts = path.split('/');
  const layer = parts.length > 1 ? (parts[0] ?? '') : '';
  if (layer !== 'controllers') return { layer, unit: layer };
  return { layer, unit: parts.length > 2 ? `controllers/${parts[1]}` : 'controllers' };
}

/** How high a layer stands; -1 for what is no layer. */
function layerIndex(layer: string): number {
  return (LAYERS as readonly string[]).indexOf(layer);
}

function checkRelative(path: string, target: string): string | undefined {
  const from = unitOf(path);
  const to = unitOf(target);
  if (from.unit === to.unit) return undefined;
  if (from.layer === 'controllers' && to.layer === 'controllers')
    return 'controllers never import each other';
  if (from.layer !== '') {
    const a = layerIndex(from.layer);
    const b = layerIndex(to.layer);
    if (b < 0 || b >= a) return `${from.layer} may not import ${to.layer === '' ? target : to.layer}`;
  }
  // A part of a folder that is of use by itself has an index of its own: who needs only that loads only that.
  if (!target.startsWith(`${to.unit}/`) || !target.endsWith('/index.ts'))
    return `import ${to.unit} through ${to.unit}/index.ts, not ${target}`;
  return undefined;
}

function checkPackage(path: string, specifier: string): string | undefined {
  const { layer, unit } = unitOf(path);
  if (specifier.startsWith('node:')) {
    if (PURE_NODE.has(specifier) || IO_LAYERS.has(layer)) return undefined;
    return `${specifier} is IO, which belongs in ${[...IO_LAYERS].join(', ')}`;
  }
  const allowed = LIBRARIES[specifier];
  if (allowed === undefined) return `${specifier} is not a library that src may use`;
  if (allowed.includes(layer) || allowed.includes(unit)) return undefined;
  return `${specifier} may be imported only in ${allowed.join(', ')}`;
}

/** Every way in which the files of src (path relative to src -> text) break the rules, `file:line message`. */
export function violations(files: ReadonlyMap<string, string>): string[] {
  const out: string[] = [];
  for (const [path, text] of files) {
    for (const { line, specifier } of importsOf(text)) {
      const problem = specifier.startsWith('.')
        ? checkRelative(path, posix.normalize(posix.join(dirname(path), specifier)))
        : checkPackage(path, specifier);
      if (problem !== undefined) out.push(`${path}:${line} ${problem}`);
    }
    const { layer } = unitOf(path);
    if (path !== 'index.ts' && layerIndex(layer) < 0) out.push(`${path}: not in a folder of the house`);
    if (/^export default\b/m.test(text) || /^export\s*\{[^}]*\bas default\b/m.test(text))
      out.push(`${path}: default export`);
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    if (lines > MAX_LINES && !LONG_FILES.includes(path))
      out.push(`${path}: ${lines} lines, over ${MAX_LINES}`);
    if (path.endsWith('index.ts') && !/^(#!.*\n)?\/\*\*\n \* \S/.test(text))
      out.push(`${path}: does not open with a prose comment`);
  }
  const units = new Set([...files.keys()].map((path) => unitOf(path).unit));
  for (const unit of units) {
    if (unit !== 'controllers' && unit !== '' && !files.has(`${unit}/index.ts`))
      out.push(`${unit}: has no index.ts`);
  }
  return out.sort();
}
