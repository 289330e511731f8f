import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  formatIpvsadm,
  formatIpvsadmSave,
  formatIpvsConnections,
  parseIpvsadm,
  parseIpvsadmSave,
  parseIpvsConnections,
  printIpvsadm,
  printIpvsadmSave,
  readCommand,
} from '../../../src/formats/index.ts';
import { addNetns, commit, createWorld, type World } from '../../../src/kernel/index.ts';

const golden = (name: string): string =>
  readFileSync(new URL(`../../golden/ipvs/${name}`, import.meta.url), 'utf8');

describe('what ipvsadm 1.31 printed', () => {
  it.each(['kinds', 'connections'])('%s.ipvsadm-Ln is read and written back byte for byte', (name) => {
    const text = golden(`${name}.ipvsadm-Ln`);
    const read = parseIpvsadm(text);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    expect(read.services.length).toBeGreaterThan(9);
    expect(formatIpvsadm(read.services, read.tableSize)).toBe(text);
  });

  it('kinds.ipvsadm-save is read and written back byte for byte', () => {
    const text = golden('kinds.ipvsadm-save');
    const read = parseIpvsadmSave(text);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    expect(formatIpvsadmSave(read.entries)).toBe(text);
  });

  it('connections.ipvsadm-Lnc is read and written back byte for byte', () => {
    const text = golden('connections.ipvsadm-Lnc');
    const read = parseIpvsConnections(text);
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    expect(read.entries).toHaveLength(18);
    expect(formatIpvsConnections(read.entries)).toBe(text);
  });

  it('both listings of one state say the same servers', () => {
    const listed = parseIpvsadm(golden('kinds.ipvsadm-Ln'));
    const saved = parseIpvsadmSave(golden('kinds.ipvsadm-save'));
    if (!listed.ok || !saved.ok) throw new Error('not read');
    expect(saved.entries).toEqual(listed.services);
  });

  it('the commands give both listings', () => {
    const world: World = createWorld();
    const netns = addNetns(world, { id: 'node/n', kind: 'node', label: 'n', name: 'n' });
    for (const line of golden('kinds.commands').trimEnd().split('\n')) {
      const read = readCommand(line, world, netns);
      if (!read.ok) throw new Error(`${line}: ${read.message}`);
      expect(commit(world, read.operations)).toBeUndefined();
    }
    expect(printIpvsadmSave(netns)).toBe(golden('kinds.ipvsadm-save'));
    expect(printIpvsadm(netns)).toBe(golden('kinds.ipvsadm-Ln'));
  });
});

describe('a line that ipvsadm does not print', () => {
  it.each([
    ['no header', parseIpvsadm, '', 1],
    ['another header', parseIpvsConnections, 'IPVS connections\n', 1],
    ['a firewall mark', parseIpvsadm, `${golden('kinds.ipvsadm-Ln')}FWM  5 rr\n`, 29],
    ['a missing blank at the end', parseIpvsadm, golden('connections.ipvsadm-Ln').trimEnd(), 23],
    ['sixty seconds', parseIpvsConnections, golden('connections.ipvsadm-Lnc').replace('11:38', '11:60'), 3],
    ['a server of nobody', parseIpvsadmSave, '-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1\n', 1],
    ['a flag of another scheduler', parseIpvsadmSave, '-A -t 10.0.0.1:80 -s rr -b mh-port\n', 1],
    ['a port above 65535', parseIpvsadmSave, '-A -t 10.0.0.1:65536 -s rr\n', 1],
  ] as const)('is told with its number: %s', (_, parse, text, line) => {
    const read = parse(text);
    expect(read.ok ? [] : read.errors.map((error) => error.line)).toContain(line);
  });
});
