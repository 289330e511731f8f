import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type EntriesResult,
  formatBridgeFdb,
  formatBridgeLink,
  formatIpAddr,
  formatIpLink,
  formatIpNeigh,
  formatIpRoute,
  formatIpRule,
  formatSysctl,
  parseBridgeFdb,
  parseBridgeLink,
  parseIpAddr,
  parseIpLink,
  parseIpNeigh,
  parseIpRoute,
  parseIpRule,
  parseIptablesSave,
  parseSysctl,
  printIptablesSave,
} from '../../../src/formats/index.ts';
import { edits, MUTANTS, mutate, PATIENCE, timed } from './mutants.ts';

const GOLDEN = fileURLToPath(new URL('../../golden', import.meta.url));

/** The files below a folder of test/golden whose names match, as texts. */
function textsOf(folder: string, pattern: RegExp): string[] {
  return readdirSync(join(GOLDEN, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => readFileSync(join(GOLDEN, folder, name), 'utf8'));
}

/** A mutant of an iproute2 text parses and prints as itself, or its errors name lines that it has. */
function exact<T>(
  parse: (text: string) => EntriesResult<T>,
  format: (entries: readonly T[]) => string,
): (text: string) => boolean {
  return (text) => {
    const parsed = parse(text);
    if (parsed.ok) return format(parsed.entries) === text;
    return parsed.errors.length > 0 && parsed.errors.every(isPlaced(text));
  };
}

function isPlaced(text: string): (error: { readonly line: number; readonly message: string }) => boolean {
  const lines = text.split('\n').length + 1;
  return ({ line, message }) => line >= 1 && line <= lines && message !== '';
}

/** A mutant of an iptables-save text prints as a text that parses to the same, or its errors name their lines. */
function iptables(text: string): boolean {
  const parsed = parseIptablesSave(text);
  if (!parsed.ok) return parsed.errors.length > 0 && parsed.errors.every(isPlaced(text));
  const printed = printIptablesSave(parsed.ruleset);
  const again = parseIptablesSave(printed, { family: parsed.ruleset.family });
  return again.ok && printIptablesSave(again.ruleset) === printed;
}

const FORMATS: readonly (readonly [string, readonly string[], (text: string) => boolean])[] = [
  ['ip addr', textsOf('formats', /\.addr$/), exact(parseIpAddr, formatIpAddr)],
  ['ip link', textsOf('formats', /\.link$/), exact(parseIpLink, formatIpLink)],
  ['ip route', textsOf('formats', /\.(route|main|local)$/), exact(parseIpRoute, formatIpRoute)],
  ['ip rule', textsOf('formats', /\.rule$/), exact(parseIpRule, formatIpRule)],
  ['ip neigh', textsOf('formats', /\.neigh$/), exact(parseIpNeigh, formatIpNeigh)],
  ['bridge fdb', textsOf('formats', /\.fdb$/), exact(parseBridgeFdb, formatBridgeFdb)],
  ['bridge link', textsOf('formats', /\.brlink$/), exact(parseBridgeLink, formatBridgeLink)],
  ['sysctl', textsOf('formats', /sysctl$/), exact(parseSysctl, formatSysctl)],
  [
    'iptables-save',
    textsOf(
      'kube-proxy',
      /(clusterip|nodeport|session-affinity|loadbalancer-source-ranges|dual-stack)[\\/].*save$/,
    ),
    iptables,
  ],
];

const PIECES = [
  ...[
    '-A ',
    '-j ',
    '--dport ',
    '! ',
    ':',
    '*nat\n',
    'COMMIT\n',
    '/',
    'dev ',
    'via ',
    'proto ',
    'lladdr ',
    'master ',
  ],
  ...[
    '10.0.0.0/33',
    'fe80::1',
    '::/0',
    '00:00:00:00:00:00',
    'KUBE-SERVICES',
    '-m comment --comment "',
    '\\',
    ' = ',
  ],
];

describe('no dump throws or hangs', () => {
  test.each(FORMATS)(
    'mutants of %s are read exactly or refused by line',
    (name, texts, holds) => {
      expect(texts.length).toBeGreaterThan(0);
      let longest = 0;
      const share = Math.ceil((MUTANTS * 0.5) / FORMATS.length);
      fc.assert(
        fc.property(fc.constantFrom(...texts), edits(PIECES), (text, list) => {
          const mutant = mutate(text, list);
          const { value, milliseconds } = timed(() => holds(mutant));
          longest = Math.max(longest, milliseconds);
          return value;
        }),
        { seed: 20260317, numRuns: share },
      );
      expect(longest, `the slowest mutant of ${name}`).toBeLessThan(PATIENCE);
    },
    3_600_000,
  );
});
