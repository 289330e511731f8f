import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { missingForConform, realizeScript } from '../../src/lab/index.ts';
import { podwalk } from '../fixtures/cli.ts';
import { topologyCluster } from '../support/lab-cluster.ts';
import { titleOf } from './real-tools.ts';

spawnSync('modprobe', ['-q', 'ip_vs'], { stdio: 'ignore' });
const missing = missingForConform();
const why = existsSync('/proc/net/ip_vs')
  ? 'this kernel has IPVS'
  : missing.length > 0
    ? `missing: ${missing.join(', ')}`
    : undefined;

describe.skipIf(why !== undefined)(titleOf('a cluster in IPVS mode on a kernel without IPVS', why), () => {
  test('conform says what the kernel lacks, exit 2', async () => {
    expect(await podwalk(['conform', '-t', 'ipvs-ping'])).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^error: conform cannot run here; missing: (.*, )?IPVS in the kernel \(modprobe ip_vs\)\n$/,
      ),
    });
  });

  test('the script says so before it builds anything, exit 2', () => {
    const script = realizeScript(topologyCluster('ipvs-ping').world, { prefix: `pv-${process.pid}-` });
    const said = spawnSync('sh', ['-s', 'up'], { input: script, encoding: 'utf8' });
    expect(said.status).toBe(2);
    expect(said.stderr).toMatch(/missing: /);
    expect(said.stderr).not.toContain('built');
  });
});
