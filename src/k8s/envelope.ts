import { didYouMean } from './did-you-mean.ts';
import { child, type Field, isPresent, isRecord, items, required, tell } from './field.ts';
import { isKubernetesGroup, isKubernetesKind } from './registry.ts';

/** What a List hands to its items that do not say it themselves. */
export interface ListItem {
  readonly kind: string;
  readonly apiVersion: string;
}

/** What an object is as an envelope of others. */
export type Envelope =
  | { readonly kind: 'object' }
  /** `item`: what the items of a PodList need not say; undefined for a List. */
  | { readonly kind: 'list'; readonly items: readonly Field[]; readonly item: ListItem | undefined }
  /** It holds nothing that can be read, which has been told. */
  | { readonly kind: 'wrong' };

const WRONG: Envelope = { kind: 'wrong' };
const OBJECT: Envelope = { kind: 'object' };

/** Tells Lists from objects. An envelope that holds its objects wrongly is an error: nothing is passed over in silence. */
export function envelopeOf(field: Field, kind: string, apiVersion: string): Envelope {
  if (kind === 'List') return untypedList(field, apiVersion);
  const answer = apiServerAnswer(field, kind, apiVersion);
  if (answer) return WRONG;
  const list = child(field, 'items');
  if (kind.endsWith('List')) {
    const of = kind.slice(0, -'List'.length);
    const known = isKubernetesGroup(apiVersion) && isKubernetesKind(of);
    const has = isRecord(field.value) && Object.hasOwn(field.value, 'items');
    // Go writes an empty list of a typed List as null.
    if (Array.isArray(list.value) || (has && !isPresent(list)))
      return { kind: 'list', items: items(list), item: { kind: of, apiVersion } };
    if (!known) return OBJECT;
    complainOfItems(list);
    return WRONG;
  }
  const holds =
    Array.isArray(list.value) &&
    list.value.some((one: unknown) => isRecord(one) && typeof one['kind'] === 'string');
  const meant = kind.toLowerCase() === 'list' || didYouMean(kind, ['List']) !== undefined;
  if (!(meant && isKubernetesGroup(apiVersion)) && !(holds && isKubernetesGroup(apiVersion))) return OBJECT;
  tell(
    child(field, 'kind'),
    'error',
    'PW125',
    `a "${kind}" holds no other objects: its items are not read`,
    'write apiVersion: v1 and kind: List',
    'sentence',
  );
  return WRONG;
}

function untypedList(field: Field, apiVersion: string): Envelope {
  if (apiVersion !== 'v1') {
    tell(
      child(field, 'apiVersion'),
      'error',
      'PW109',
      `no matches for kind "List" in version "${apiVersion}"`,
      'write apiVersion: v1',
      'sentence',
    );
    return WRONG;
  }
  const list = child(field, 'items');
  if (Array.isArray(list.value)) return { kind: 'list', items: items(list), item: undefined };
  complainOfItems(list);
  return WRONG;
}

/** `items` that is no list, or not there. */
function complainOfItems(list: Field): void {
  if (isPresent(list)) {
    items(list);
    return;
  }
  const keys = isRecord(list.parent?.value) ? Object.keys(list.parent.value) : [];
  const near =
    didYouMean('items', keys) ?? ['objects', 'resources', 'elements'].find((key) => keys.includes(key));
  required(
    list,
    'a List holds its objects there',
    near === undefined ? 'write items: [] for an empty List' : `write "items" for ${JSON.stringify(near)}`,
  );
}

/** What the API server answers in the place of objects; told, and true. */
function apiServerAnswer(field: Field, kind: string, apiVersion: string): boolean {
  const group = apiVersion === 'v1' || apiVersion.startsWith('meta.k8s.io/');
  if (!group || (kind !== 'Status' && kind !== 'Table' && kind !== 'WatchEvent')) return false;
  const { value } = child(field, 'message');
  const said = typeof value === 'string' ? `: ${value}` : '';
  const [message, fix] =
    kind === 'Status'
      ? [`an answer of the API server, and no object${said}`, 'ask it again: kubectl get ... -o yaml']
      : kind === 'Table'
        ? ['a table of the API server, and no objects', 'ask for objects: kubectl get ... -o yaml']
        : ['an event of a watch, and no object', 'give the objects: kubectl get ... -o yaml'];
  tell(child(field, 'kind'), 'error', 'PW125', message, fix, 'sentence');
  return true;
}
