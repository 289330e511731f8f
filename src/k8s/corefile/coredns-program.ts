import type { Draft } from '../draft.ts';
import { at, isRecord } from '../field.ts';

/** What Kubernetes 1.30 installs. */
const USUAL: readonly number[] = [1, 11, 1];

/** The CoreDNS that a cluster runs, by the container of its pods: its version, and its environment. */
export function coreDnsProgram({ workloads, pods }: Pick<Draft, 'workloads' | 'pods'>): {
  readonly version: readonly number[];
  readonly environment: ReadonlyMap<string, string>;
} {
  const specs = [
    ...workloads.map(({ object, field }) => ({ object, spec: at(field, 'spec', 'template', 'spec') })),
    ...pods.map(({ object, field }) => ({ object, spec: at(field, 'spec') })),
  ];
  for (const { object, spec } of specs) {
    if (object.meta.namespace !== 'kube-system') continue;
    const containers = at(spec, 'containers').value;
    for (const one of Array.isArray(containers) ? (containers as unknown[]) : []) {
      const { image, env } = isRecord(one) ? one : {};
      const found = typeof image === 'string' ? /coredns[^/]*:v?(\d+)\.(\d+)\.(\d+)/.exec(image) : null;
      if (found === null) continue;
      const version = found.slice(1).map(Number);
      return { version, environment: environmentOf(env) };
    }
  }
  return { version: USUAL, environment: new Map() };
}

function environmentOf(env: unknown): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const one of Array.isArray(env) ? (env as unknown[]) : []) {
    const { name, value } = isRecord(one) ? one : {};
    if (typeof name === 'string' && typeof value === 'string') known.set(name, value);
  }
  return known;
}
