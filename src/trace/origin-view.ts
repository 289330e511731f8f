import type { Origin } from '../kernel/index.ts';
import type { OriginView } from './model.ts';

const views = new WeakMap<Origin, OriginView>();

/** Where a fact of the state comes from, as a plain value: the same one each time. */
export function originView(origin: Origin): OriginView {
  let view = views.get(origin);
  if (view === undefined) {
    view = viewOf(origin);
    views.set(origin, view);
  }
  return view;
}

function viewOf(origin: Origin): OriginView {
  const { program, object, field } = origin;
  return {
    program,
    ...(object === undefined ? {} : { kind: object.kind, name: object.name }),
    ...(object?.namespace === undefined ? {} : { namespace: object.namespace }),
    ...(field === undefined ? {} : { field }),
  };
}
