import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { podwalk } from '../fixtures/cli.ts';

const ROOT = fileURLToPath(new URL('policy/', import.meta.url));
const CASES = readdirSync(ROOT, { withFileTypes: true }).flatMap((one) =>
  one.isDirectory() ? [one.name] : [],
);
const OUTSIDE = ['198.51.100.9', '203.0.113.77', '192.168.56.100'];

interface Cell {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol: string;
  readonly ingress: boolean;
  readonly egress: boolean;
  readonly allowed: boolean;
}

function line({ from, to, port, protocol, ingress, egress, allowed }: Cell): string {
  const word = allowed ? 'allowed' : ingress ? 'egress' : egress ? 'ingress' : 'both';
  return `${from} ${to} ${port}/${protocol} ${word}`;
}

describe('the matrix is that of the reference policy engine', () => {
  it.each(CASES)('%s', async (name) => {
    const argv = ['matrix', '-o', 'json', '--all-ports', '-f', `${ROOT}${name}/cluster.yaml`];
    const { code, stdout } = await podwalk([...argv, ...OUTSIDE.flatMap((ip) => ['--external', ip])]);
    expect(code).toBe(0);
    const lines = (JSON.parse(stdout) as Cell[]).map(line).sort();
    const truth = readFileSync(`${ROOT}${name}/truth.txt`, 'utf8').trimEnd().split('\n').sort();
    expect(lines).toEqual(truth);
  });
});
