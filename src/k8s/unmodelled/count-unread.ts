import type { Draft } from '../draft.ts';
import type { SourceRef } from '../objects.ts';

/** One more object that nothing reads; `name` is how its kind is told. */
export function countUnread(
  { unread }: Draft,
  name: string,
  kind: string,
  group: string,
  source: SourceRef | undefined,
): void {
  const counted = unread.get(name);
  if (counted === undefined) unread.set(name, { kind, group, count: 1, source });
  else counted.count++;
}
