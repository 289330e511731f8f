import { settleState } from '../cluster/index.ts';
import { formatOperation } from '../formats/index.ts';
import { type IpSetEntry, type Netns, sysctl, type World } from '../kernel/index.ts';
import { type Difference, type Sides, USER } from './difference.ts';
import { ipvsDifferences } from './ipvs-differences.ts';
import { linkDifferences, type Restored } from './link-differences.ts';
import { fdbDifferences, neighbourDifferences } from './neighbour-differences.ts';
import { policyRuleDifferences, routeDifferences } from './route-differences.ts';
import { netfilterDifferences } from './rule-differences.ts';

/**
 * What of some namespaces is not as the programs left it, namespace by namespace in the order given, and in each in
 * the order in which a packet depends on it: links, settings, routes, neighbours, virtual servers, sets, rules.
 */
export function differences(is: World, should: World, ids: Iterable<string>): Difference[] {
  const restored: Restored = { links: new Set(), routes: new Set(), neighbours: new Set() };
  return [...ids].flatMap((id) => {
    const now = is.netns.get(id);
    const then = should.netns.get(id);
    return now === undefined || then === undefined
      ? []
      : ofNetns({ is: now, should: then, isWorld: is, shouldWorld: should }, restored);
  });
}

function ofNetns(sides: Sides, restored: Restored): Difference[] {
  settleState(sides.is);
  settleState(sides.should);
  const links = linkDifferences(sides, restored);
  return [
    ...links,
    ...sysctlDifferences(sides),
    ...policyRuleDifferences(sides),
    ...routeDifferences(sides, restored.routes),
    ...neighbourDifferences(sides, restored.neighbours),
    ...fdbDifferences(sides),
    ...ipvsDifferences(sides),
    ...ipsetDifferences(sides),
    ...netfilterDifferences(sides),
  ];
}

function sysctlDifferences({ is, should }: Sides): Difference[] {
  const found: Difference[] = [];
  for (const key of new Set([...should.sysctls.keys(), ...is.sysctls.keys()])) {
    const now = sysctl(is, key);
    const value = sysctl(should, key);
    if (now === value) continue;
    const origin = should.sysctls.get(key)?.origin;
    found.push({
      place: is.label,
      what: `${key} is ${now}, not ${value}`,
      ...(origin === undefined ? {} : { origin }),
      operations: [{ op: 'sysctl', netns: is.id, key, value, origin: USER }],
    });
  }
  return found;
}

function ipsetDifferences({ is, should }: Sides): Difference[] {
  const found: Difference[] = [];
  for (const set of should.sets.values()) {
    const { entries, generation: _, ...spec } = set;
    const now = is.sets.get(set.name);
    const add = (entry: IpSetEntry): Difference['operations'] => [
      { op: 'ipset-add', netns: is.id, name: set.name, entry: { ...entry, origin: USER } },
    ];
    if (now === undefined) {
      found.push({
        place: is.label,
        what: `IP set ${set.name} is missing`,
        origin: set.origin,
        operations: [{ op: 'ipset-create', netns: is.id, set: spec }, ...[...entries.values()].flatMap(add)],
      });
      continue;
    }
    for (const [key, entry] of entries) {
      if (now.entries.has(key)) continue;
      found.push({
        place: is.label,
        what: `an entry of IP set ${set.name} is missing: ${entryText(is, set.name, entry)}`,
        origin: entry.origin,
        operations: add(entry),
      });
    }
    for (const [key, entry] of now.entries) {
      if (entries.has(key)) continue;
      found.push({
        place: is.label,
        what: `an entry of IP set ${set.name} was added by hand: ${entryText(is, set.name, entry)}`,
        operations: [{ op: 'ipset-del', netns: is.id, name: set.name, fields: entry.fields }],
      });
    }
  }
  return found;
}

function entryText(netns: Netns, name: string, entry: IpSetEntry): string {
  const command = formatOperation({ op: 'ipset-add', netns: netns.id, name, entry });
  return command?.split(' ').slice(3).join(' ') ?? '';
}
