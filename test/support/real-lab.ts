import { spawnSync } from 'node:child_process';
import type { Cluster } from '../../src/cluster/index.ts';
import { type RealizeOptions, realizeScript, temporaryPrefix } from '../../src/lab/index.ts';

/** A cluster that stands in namespaces of the real kernel. */
export interface RealLab {
  readonly prefix: string;
  /** Runs a shell command in the namespace with an id of the world, `node/node1`. Never throws. */
  readonly run: (netnsId: string, command: string) => RealRun;
}

export interface RealRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let labs = 0;

/** Builds a cluster, hands it over and takes it away again, whatever happens. */
export async function inRealLab<T>(
  { world }: Cluster,
  options: RealizeOptions,
  body: (lab: RealLab) => T | Promise<T>,
): Promise<T> {
  const prefix = temporaryPrefix(`${++labs}-`);
  const script = realizeScript(world, { ...options, prefix });
  const sh = (word: string): RealRun =>
    ran(spawnSync('sh', ['-s', word], { input: script, encoding: 'utf8' }));
  const built = sh('up');
  if (built.code !== 0) throw new Error(`the lab is not built: ${built.stderr}`);
  try {
    return await body({
      prefix,
      run: (netnsId, command) => {
        const netns = world.netns.get(netnsId);
        if (netns === undefined) throw new Error(`no namespace ${netnsId}`);
        const words = ['netns', 'exec', `${prefix}${netns.name}`, 'sh', '-c', command];
        return ran(spawnSync('ip', words, { encoding: 'utf8' }));
      },
    });
  } finally {
    const taken = sh('down');
    if (taken.code !== 0) process.stderr.write(`${prefix}: ${taken.stderr}`);
  }
}

function ran(of: { status: number | null; stdout: string; stderr: string }): RealRun {
  return { code: of.status, stdout: of.stdout, stderr: of.stderr };
}
