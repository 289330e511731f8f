import type { Ip } from '../../addr/index.ts';
import type { ClusterObjects, Diagnostic, Meta, Severity } from '../../k8s/index.ts';
import type { ObjectFault } from '../object-fault.ts';

/** What a walk met, as far as conflicts ask for it. */
export interface Met {
  /** Where it went, and where it came from. */
  readonly destination: Ip;
  readonly port: number | undefined;
  readonly source: Ip | undefined;
  /** Names of the nodes that it crossed. */
  readonly nodes: ReadonlySet<string>;
}

/** Two things of a cluster that claim the same, or one that is nobody's: told by lint, and the cause of walks that fail by it. */
export interface Conflict {
  readonly code: string;
  readonly severity: Severity;
  readonly kind: string;
  readonly meta: Meta;
  readonly path: readonly (string | number)[];
  /** The field as it is written: `spec.ports[0].nodePort`. */
  readonly field: string;
  /** What follows the field: `30080/TCP is also the hostPort of ...`. */
  readonly what: string;
  readonly fix: string;
  /** One edit that settles it; its text is the fix unless it says its own. */
  readonly edits: readonly {
    readonly text: string;
    readonly apply: (objects: ClusterObjects) => ClusterObjects;
  }[];
  /** It may be behind any failure: what a walk asked for is looked into first. */
  readonly wide?: true;
  /** Whether a walk may have failed by it. */
  readonly touches: (met: Met) => boolean;
}

export function diagnosticOf({ code, severity, kind, meta, path, field, what, fix }: Conflict): Diagnostic {
  return {
    severity,
    code,
    message: `${kind} ${nameOf(meta)}: ${field} ${what}`,
    fix,
    ...(meta.source === undefined ? {} : { at: { source: meta.source, path } }),
  };
}

/** A fault for each edit that may settle it, as a diagnosis tries them. */
export function faultsOf({ kind, meta, field, what, edits }: Conflict): ObjectFault[] {
  const { name, namespace } = meta;
  const object = namespace === '' ? { kind, name } : { kind, namespace, name };
  const fault = { object, field, what };
  return edits.length === 0 ? [fault] : edits.map((edit) => ({ ...fault, edit }));
}

export function nameOf({ namespace, name }: Meta): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

export function isSame(a: Meta, b: Meta): boolean {
  return a.name === b.name && a.namespace === b.namespace;
}
