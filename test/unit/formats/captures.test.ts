import { readdirSync } from 'node:fs';
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
  parseSysctl,
} from '../../../src/formats/index.ts';
import {
  type Backend,
  canonicalTexts,
  golden,
  printTexts,
  readCaptures,
  splitPodCapture,
} from '../../support/captures.ts';
import { buildThreeNodes, CAPTURED_IDS } from '../../support/three-nodes.ts';

function again<T>(parse: (text: string) => EntriesResult<T>, format: (entries: readonly T[]) => string) {
  return (text: string): string => {
    const parsed = parse(text);
    return parsed.ok
      ? format(parsed.entries)
      : parsed.errors.map((e) => `${e.line}: ${e.message}`).join('\n');
  };
}

const ADDR = again(parseIpAddr, formatIpAddr);
const LINK = again(parseIpLink, formatIpLink);
const ROUTE = again(parseIpRoute, formatIpRoute);
const RULE = again(parseIpRule, formatIpRule);
const NEIGH = again(parseIpNeigh, formatIpNeigh);
const FDB = again(parseBridgeFdb, formatBridgeFdb);
const BRLINK = again(parseBridgeLink, formatBridgeLink);

/** By the ending of the file's name. */
const AGAIN: { readonly [ending: string]: (text: string) => string } = {
  addr: ADDR,
  link: LINK,
  'plain-link': LINK,
  route: ROUTE,
  main: ROUTE,
  main6: ROUTE,
  local: ROUTE,
  local6: ROUTE,
  table100: ROUTE,
  rule: RULE,
  neigh: NEIGH,
  proxy: NEIGH,
  fdb: FDB,
  brlink: BRLINK,
  sysctl: again(parseSysctl, formatSysctl),
};

const BACKENDS: readonly Backend[] = ['vxlan', 'host-gw', 'direct'];

describe.each([...BACKENDS, 'cni', 'measured'])('texts captured in %s', (folder) => {
  const files = readdirSync(new URL(`../../golden/formats/${folder}`, import.meta.url)).filter(
    (file) => !file.endsWith('.txt'),
  );
  test.each(files)('%s parses and prints back byte for byte', (file) => {
    const text = golden(`${folder}/${file}`);
    expect(text).not.toBe('');
    expect(AGAIN[file.split('.').at(-1) ?? '']?.(text)).toBe(text);
  });
});

describe.each(BACKENDS)('pods captured with %s', (backend) => {
  test.each(['p1a', 'p1b', 'p2a', 'p2b', 'p3a'])('%s parses and prints back byte for byte', (pod) => {
    const text = golden(`${backend}/${pod}.txt`);
    const { addr = '', route = '', neigh = '' } = splitPodCapture(text);
    expect(ADDR(addr) + ROUTE(route) + NEIGH(neigh)).toBe(text);
  });
});

describe.each(BACKENDS)('three nodes built with the commands of the capture (%s)', (backend) => {
  const captured = readCaptures(backend);
  const printed = printTexts(buildThreeNodes(backend), CAPTURED_IDS);
  const keyOf = (name: string): string => name.replace(/^fl/, '');

  test('print addresses, routes, rules and bridge ports as captured, MACs and indexes included', () => {
    for (const [key, texts] of captured) {
      for (const kind of ['addr', 'route', 'rule', 'brlink'] as const) {
        expect(printed.get(key)?.[kind], `${key}.${kind}`).toBe(texts[kind]);
      }
    }
  });

  test('print detailed links as captured but for running timers', () => {
    for (const [key, { link }] of captured) {
      const still = link?.replace(/(?<=_timer) +[\d.]+/g, '    0.00');
      expect(printed.get(key)?.link, key).toBe(still);
    }
  });

  test('print neighbours and FDB entries as captured but for those that traffic taught', () => {
    const wanted = canonicalTexts(captured, keyOf);
    const got = canonicalTexts(printed, keyOf);
    for (const [key, { neigh, fdb }] of wanted) {
      expect(got.get(key)?.neigh, key).toBe(neigh);
      expect(got.get(key)?.fdb, key).toBe(fdb);
    }
  });

  test('have one canonical form whatever the MACs, indexes and names', () => {
    expect(canonicalTexts(printed, keyOf)).toEqual(canonicalTexts(captured, keyOf));
  });
});
