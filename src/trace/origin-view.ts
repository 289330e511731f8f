import type { Origin } from '../kernel/index.ts';
import type { OriginView } from './model.ts';

/** Where a fact of the state comes from, as a plain value. */
export function originView(origin: Origin): OriginView {
  const { program, object, field } = origin;
  return {
    program,
    ...(object === undefined ? {} : { kind: object.kind, name: object.name }),
    ...(object?.namespace === undefined ? {} : { namespace: object.namespace }),
    ...(field === undefined ? {} : { field }),
  };
}
