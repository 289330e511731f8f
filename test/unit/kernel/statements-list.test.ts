import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/**
 * The numbered statements about the datapath of Kubernetes nodes with flannel (hooks, routing, br_netfilter, TTL and
 * tunnels, errors, conntrack), 1 to 27, and the rows of the table of errors: each is the name of a test, or stands
 * here with the reason why not.
 */
const HERE = new URL('./', import.meta.url);
const LAB = new URL('../../conformance/statements.test.ts', import.meta.url);

const COUNT = 27;
const NOT_EMULATED: Readonly<Record<number, string>> = {
  2: 'which of two chains with one priority runs first: flannel’s nftables mode is not modelled, and iptables has one chain a hook and table',
};
const NOT_IN_THE_LAB: Readonly<Record<number, string>> = {
  ...NOT_EMULATED,
  26: 'when a SYN is sent again, and what becomes of a flow that is seen in one direction: inferred, not measured',
};

const ERRORS = [
  'REJECT',
  'tcp-reset|a RST',
  'closed port',
  'DROP',
  'sender’s OUTPUT|sender’s own OUTPUT',
  'no route',
  'unreachable',
  'prohibit',
  'blackhole',
  'ARP that fails',
  'TTL',
  'DF|--df',
];

function namesIn(text: string): string[] {
  return [...text.matchAll(/^.*\b(?:statement \d+|error table): .*$/gm)].map(([line]) => line);
}

const unit = readdirSync(HERE)
  .filter((name) => /^statements-(?!list).*\.test\.ts$/.test(name))
  .map((name) => readFileSync(new URL(name, HERE), 'utf8'))
  .join('\n');
const lab = readFileSync(LAB, 'utf8');

describe('the statements about the datapath', () => {
  it.each([
    ['the emulated kernel', unit, NOT_EMULATED],
    ['the real kernel', lab, NOT_IN_THE_LAB],
  ])('are each a test of %s, or have a reason not to be', (_, text, reasons) => {
    const numbers = new Set(namesIn(text).map((name) => Number(/statement (\d+)/.exec(name)?.[1])));
    const all = Array.from({ length: COUNT }, (_unused, i) => i + 1);
    expect(all.filter((n) => !numbers.has(n))).toEqual(Object.keys(reasons).map(Number));
  });

  it.each(ERRORS)('the row of errors about %s is a test of both', (row) => {
    for (const text of [unit, lab]) {
      // Those of one statement stand together, in a loop or a table of cases.
      const rows = text.split(/\n(?= {2}(?:it|statement|for)\b)/);
      const named = rows.filter((one) => one.includes('error table: ') && new RegExp(row).test(one));
      expect(named.length, row).toBeGreaterThan(0);
    }
  });
});
