import { labelsBefore } from './names.ts';

/** What a name asks for, by its labels alone. */
export interface RecordRequest {
  /** Empty: the zone itself, or one of its two branches. */
  readonly branch: 'svc' | 'pod' | '';
  readonly namespace: string;
  /** The Service; below `pod`, the address with dashes. */
  readonly service: string;
  readonly endpoint: string;
  /** Of a multicluster zone. */
  readonly cluster: string;
  readonly port: string;
  readonly protocol: string;
  /** The topology zone of a zonal name. */
  readonly zone: string;
  /** What a zonal name wants of its zone: nothing else, or rather than others. */
  readonly directive: '' | 'pin' | 'prefer';
}

export interface RequestOptions {
  readonly multicluster?: boolean;
  readonly zonal?: boolean;
}

const NOTHING: RecordRequest = {
  branch: '',
  namespace: '',
  service: '',
  endpoint: '',
  cluster: '',
  port: '',
  protocol: '',
  zone: '',
  directive: '',
};

/**
 * Reads a name of a zone from right to left: svc or pod, namespace, Service, then an endpoint or a port and a
 * protocol. Undefined: no name of this shape exists. CoreDNS: plugin/kubernetes/parse.go parseRequest.
 */
export function parseRequest(
  name: string,
  zone: string,
  options: RequestOptions = {},
): RecordRequest | undefined {
  const labels = labelsBefore(name.toLowerCase(), zone);
  const [branch, namespace, service, ...rest] = labels.reverse();
  if (branch === undefined) return NOTHING;
  if (branch !== 'svc' && branch !== 'pod') return undefined;
  if (namespace === undefined) return NOTHING;
  const found: RecordRequest = { ...NOTHING, branch, namespace, service: service ?? '' };
  if (options.zonal === true && options.multicluster !== true && branch === 'svc' && rest[0] === '_zone') {
    const [, directive, ...zoneLabels] = rest;
    if ((directive === 'pin' || directive === 'prefer') && zoneLabels.length > 0)
      return { ...found, directive, zone: zoneLabels.reverse().join('.') };
  }
  const [first, second] = rest;
  if (first === undefined) return found;
  if (second === undefined) return { ...found, endpoint: first };
  if (rest.length > 2) return undefined;
  if (options.multicluster === true && !first.startsWith('_') && !second.startsWith('_'))
    return { ...found, cluster: first, endpoint: second };
  return { ...found, protocol: withoutUnderscore(first), port: withoutUnderscore(second) };
}

function withoutUnderscore(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label;
}
