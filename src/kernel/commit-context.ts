import type { Link, Netns, World } from './model.ts';

/** What an operation needs while it is applied: where to write down how to take it back. */
export interface CommitContext {
  readonly world: World;
  readonly undo: (() => void)[];
}

/** Looks a namespace up; throws a refusal in `ip netns`' words. */
export function netnsOf(context: CommitContext, id: string): Netns {
  const netns = context.world.netns.get(id);
  if (netns === undefined)
    throw new Refusal(`Cannot open network namespace "${id}": No such file or directory`);
  return netns;
}

/** How an operation is refused inside a commit; never leaves this module's callers. */
export class Refusal extends Error {}

/** The namespace of an operation that changes it: whatever was derived from its state is stale now. */
export function touch(context: CommitContext, id: string): Netns {
  const netns = netnsOf(context, id);
  netns.generation++;
  context.world.changes++;
  context.undo.push(() => {
    netns.generation++;
    context.world.changes++;
  });
  return netns;
}

/** Looks a device up; refuses in iproute2's words. */
export function linkOf(netns: Netns, name: string): Link {
  const link = netns.links.get(name);
  if (link === undefined) throw new Refusal(`Cannot find device "${name}"`);
  return link;
}
