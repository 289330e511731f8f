import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Diagnostic, Sources } from '../k8s/index.ts';
import { urlProblem } from '../k8s/index.ts';
import { decodeText, isKustomizationName, MOST_BYTES, shellWord } from '../k8s/sources/index.ts';
import type { Io } from './io.ts';

/** How long a kustomization may take to render, in milliseconds. */
const MOST_TIME = 120_000;

/** The programs that render a kustomization, and how each is called. */
const RENDERERS: readonly { readonly program: string; readonly word: string }[] = [
  { program: 'kubectl', word: 'kustomize' },
  { program: 'kustomize', word: 'build' },
];

/**
 * `-k DIR`: what `kubectl kustomize DIR` or `kustomize build DIR` prints, whichever program the PATH has. Nothing else is
 * tried, and a URL in the place of the folder is refused.
 */
export function renderKustomization(folder: string, { env }: Pick<Io, 'env'>): Sources {
  const wrong = folderProblem(folder);
  if (wrong !== undefined) return { sources: [], diagnostics: [wrong] };
  const fail = (message: string, fix: string): Sources => ({
    sources: [],
    diagnostics: [{ severity: 'error', code: 'PW118', message: `-k ${folder}: ${message}`, fix }],
  });
  const found = RENDERERS.flatMap(({ program, word }) => {
    const path = onPath(program, env['PATH'] ?? '');
    return path === undefined ? [] : [{ path, program, word }];
  })[0];
  if (found === undefined)
    return fail(
      'neither kubectl nor kustomize is on the PATH to render it',
      `where one is: kubectl kustomize ${shellWord(folder)} | podwalk ... -f -`,
    );
  const name = `${found.program} ${found.word} ${folder}`;
  const ran = spawnSync(found.path, [found.word, folder.startsWith('-') ? `./${folder}` : folder], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: MOST_BYTES,
    timeout: MOST_TIME,
  });
  if (ran.error !== undefined || ran.status !== 0) {
    const said = ran.stderr?.toString('utf8').trim().split('\n').slice(0, 5).join(' ') ?? '';
    const code = ran.error !== undefined && 'code' in ran.error ? ran.error.code : undefined;
    const why =
      code === 'ETIMEDOUT'
        ? `was not done in ${MOST_TIME / 1000} seconds`
        : code === 'ENOBUFS'
          ? `printed more than podwalk reads`
          : `failed${said === '' ? '' : `: ${said}`}`;
    return fail(`"${name}" ${why}`, 'see what it says by itself');
  }
  const decoded = decodeText(new Uint8Array(ran.stdout), name);
  if ('problem' in decoded) return fail(`"${name}": ${decoded.problem.message}`, decoded.problem.fix);
  return { sources: [{ file: `<${name}>`, text: decoded.text }], diagnostics: [] };
}

function folderProblem(folder: string): Diagnostic | undefined {
  const url = urlProblem(folder);
  if (url !== undefined) return { ...url, fix: `kubectl kustomize ${shellWord(folder)} | podwalk ... -f -` };
  let names: readonly string[] | undefined;
  try {
    names = statSync(folder).isDirectory() ? readdirSync(folder) : undefined;
  } catch {
    const message = `-k ${folder}: no such directory, or one that cannot be read`;
    return { severity: 'error', code: 'PW118', message };
  }
  if (names?.some(isKustomizationName) === true) return undefined;
  return {
    severity: 'error',
    code: 'PW118',
    message: `-k ${folder}: ${names === undefined ? 'not a directory' : 'it holds no kustomization.yaml, kustomization.yml or Kustomization'}`,
    fix:
      names === undefined
        ? 'name the directory that holds kustomization.yaml'
        : `-f ${shellWord(folder)} reads plain manifests`,
  };
}

function onPath(program: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}
