import { type CommitContext, Refusal, touch } from './commit-context.ts';
import { entryKey, type IpSet } from './ipset/model.ts';
import type { Netns } from './model.ts';
import type { Operation } from './transaction.ts';

type IpsetOperation = Extract<
  Operation,
  {
    op: 'ipset-create' | 'ipset-share' | 'ipset-destroy' | 'ipset-flush' | 'ipset-add' | 'ipset-del';
  }
>;

/** Sets that came whole, and that other namespaces may have as well. */
const shared = new WeakSet<IpSet>();

function setNamed(netns: Netns, name: string): IpSet {
  const set = netns.sets.get(name);
  if (set === undefined) throw new Refusal('The set with the given name does not exist');
  return set;
}

/** The set, made the namespace's own before it changes. */
function ownSet({ undo }: CommitContext, netns: Netns, name: string): IpSet {
  const set = setNamed(netns, name);
  if (!shared.has(set)) return set;
  const own = { ...set, entries: new Map(set.entries) };
  netns.sets.set(name, own);
  undo.push(() => netns.sets.set(name, set));
  return own;
}

/** Whether a rule or another set of the namespace names the set. */
function isReferenced(netns: Netns, name: string): boolean {
  for (const set of netns.sets.values()) {
    for (const { fields } of set.entries.values())
      if (fields.some((f) => f.kind === 'set' && f.name === name)) return true;
  }
  for (const ruleset of [netns.rulesets[4], netns.rulesets[6]]) {
    for (const table of ruleset.tables.values()) {
      for (const chain of table.chains.values()) {
        if (chain.rules.some((r) => r.matches.some((m) => m.kind === 'set' && m.set === name))) return true;
      }
    }
  }
  return false;
}

/** ipset(8) in its own words; a failed command of the real tool prints `ipset v7.17: ` before them. */
export function applyIpsetOperation(context: CommitContext, operation: IpsetOperation): void {
  const netns = touch(context, operation.netns);
  const { undo } = context;
  switch (operation.op) {
    case 'ipset-create': {
      const { name } = operation.set;
      if (netns.sets.has(name))
        throw new Refusal('Set cannot be created: set with the same name already exists');
      netns.sets.set(name, { ...operation.set, entries: new Map(), generation: 0 });
      undo.push(() => netns.sets.delete(name));
      return;
    }
    case 'ipset-share': {
      for (const set of operation.sets) {
        const before = netns.sets.get(set.name);
        shared.add(set);
        netns.sets.set(set.name, set);
        undo.push(() => {
          if (before === undefined) netns.sets.delete(set.name);
          else netns.sets.set(set.name, before);
        });
      }
      return;
    }
    case 'ipset-destroy': {
      setNamed(netns, operation.name);
      if (isReferenced(netns, operation.name))
        throw new Refusal('Set cannot be destroyed: it is in use by a kernel component');
      const before = [...netns.sets];
      netns.sets.delete(operation.name);
      undo.push(() => {
        netns.sets.clear();
        for (const [key, value] of before) netns.sets.set(key, value);
      });
      return;
    }
    case 'ipset-flush': {
      const set = ownSet(context, netns, operation.name);
      return change(context, set, () => set.entries.clear());
    }
    case 'ipset-add': {
      const set = ownSet(context, netns, operation.name);
      const key = entryKey(operation.entry.fields);
      if (set.entries.has(key)) throw new Refusal("Element cannot be added to the set: it's already added");
      set.entries.set(key, operation.entry);
      set.generation++;
      undo.push(() => {
        set.entries.delete(key);
        set.generation++;
      });
      return;
    }
    case 'ipset-del': {
      const set = ownSet(context, netns, operation.name);
      const key = entryKey(operation.fields);
      if (!set.entries.has(key)) throw new Refusal("Element cannot be deleted from the set: it's not added");
      return change(context, set, () => set.entries.delete(key));
    }
  }
}

function change(context: CommitContext, set: IpSet, work: () => void): void {
  const before = [...set.entries];
  work();
  set.generation++;
  context.undo.push(() => {
    set.entries.clear();
    for (const [key, entry] of before) set.entries.set(key, entry);
    set.generation++;
  });
}
