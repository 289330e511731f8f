import type { Meta } from './object-meta.ts';

/** Who is behind a path of an Ingress, and where that is written. */
export interface IngressBackend {
  readonly service: string;
  readonly path: readonly (string | number)[];
  /** A number, or a name of the Service's ports; undefined: none is given. */
  readonly port?: number | string;
  readonly portPath?: readonly (string | number)[];
}

/** What lint reads of an Ingress; no walk heeds it. */
export interface Ingress {
  readonly kind: 'Ingress';
  readonly meta: Meta;
  readonly backends: readonly IngressBackend[];
}
