import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { World } from '../../../src/kernel/index.ts';
import { placeOf, run, send } from '../../support/kernel-walk.ts';
import { listen, restore, twoNodeWorld } from '../../support/two-node-world.ts';

interface Scenario {
  readonly name: string;
  readonly backend?: 'host-gw';
  readonly setup: readonly string[];
  readonly answers: readonly string[];
}

const GOLDEN = new URL('../../golden/datapath/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, GOLDEN), 'utf8');
const scenarios = JSON.parse(read('measured.json')) as readonly Scenario[];

function prepare(world: World, command: string): void {
  const [place = '', verb = '', what = ''] = command.split(/:? /);
  if (verb === 'restore') restore(world, placeOf(place), read(`${what}.rules`));
  else if (verb === 'listen') {
    const [protocol = '', port = ''] = what.split('/');
    listen(world, placeOf(place), protocol as 'tcp' | 'udp', Number(port), { name: place, node: place });
  } else run(world, command);
}

describe('what a program sees is what it saw on Linux 6.18', () => {
  it.each(scenarios.map((s) => [s.name, s] as const))('%s', (_, { backend, setup, answers }) => {
    const world = twoNodeWorld(backend ?? 'vxlan');
    for (const command of setup) prepare(world, command);
    const got = answers.map((answer) => {
      const [asked = ''] = answer.split(' -> ');
      const { outcome, icmp } = send(world, asked);
      return `${asked} -> ${[outcome, ...new Set(icmp)].join('; ')}`;
    });
    expect(got).toEqual(answers);
  });
});
