/** Where an object was written; `locate` finds line and column of a field when a diagnostic needs them. */
export interface SourceRef {
  readonly file: string;
  /** Index of the YAML document in its file. */
  readonly document: number;
  /** Path of the object inside the document: empty, or `items[3]` in a List. */
  readonly path: readonly (string | number)[];
}

export interface OwnerReference {
  readonly kind: string;
  readonly name: string;
  readonly controller: boolean;
}

export interface Meta {
  readonly name: string;
  /** Empty for kinds without a namespace (Node, Namespace). */
  readonly namespace: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly annotations: ReadonlyMap<string, string>;
  readonly ownerReferences: readonly OwnerReference[];
  /** A deletionTimestamp is set: the object is terminating. */
  readonly deleting: boolean;
  /** Undefined for objects that podwalk assumed or computed. */
  readonly source?: SourceRef;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values: readonly string[];
}

/** metav1.LabelSelector: everything in it holds. An empty one matches everything. */
export interface LabelSelector {
  readonly matchLabels: ReadonlyMap<string, string>;
  readonly matchExpressions: readonly LabelSelectorRequirement[];
}
