import { type PortmapCondition, readConditions } from '../cni-conditions.ts';
import { DEFAULT_PORTMAP, type PortmapConfig } from '../cni-config.ts';
import { at, child, type Field, flag, integer, isPresent, items, tell, text } from '../field.ts';
import { canonicalKeys, warnUnknown } from './canonical-keys.ts';

const FIELDS = [
  ...['type', 'name', 'cniVersion', 'capabilities', 'runtimeConfig', 'snat', 'masqAll', 'markMasqBit'],
  ...['externalSetMarkChain', 'conditionsV4', 'conditionsV6', 'backend', 'args', 'dns', 'ipam'],
];

/** kube-proxy's chain that asks for masquerading. */
const KUBE_MARK_MASQ = 'KUBE-MARK-MASQ';

/** The portmap plugin in a list (parseConfig of plugins/meta/portmap); undefined: it is told of no host ports. */
export function decodePortmap(given: Field): PortmapConfig | undefined {
  const field = canonicalKeys(given, FIELDS);
  warnUnknown(field, FIELDS, 'the portmap plugin');
  const bitField = child(field, 'markMasqBit');
  const chainField = child(field, 'externalSetMarkChain');
  const markBit = integer(bitField) ?? DEFAULT_PORTMAP.markBit;
  const setMarkChain = text(chainField);
  const refuse = (place: Field, words: string, fix: string): void =>
    tell(place, 'error', 'PW243', words, fix, 'sentence');
  if (isPresent(bitField) && setMarkChain !== undefined)
    refuse(chainField, 'Cannot specify externalSetMarkChain and markMasqBit', 'leave one of them out');
  if (setMarkChain !== undefined && setMarkChain !== KUBE_MARK_MASQ)
    tell(
      chainField,
      'warning',
      'PW244',
      `nothing here makes a chain ${JSON.stringify(setMarkChain)}: it is taken for an empty one`,
      `kube-proxy has ${KUBE_MARK_MASQ}`,
      'sentence',
    );
  if (setMarkChain !== undefined && !/^[^\s!-][^\s]{0,27}$/.test(setMarkChain))
    refuse(
      chainField,
      `iptables: the chain name ${JSON.stringify(setMarkChain)} is refused`,
      'write up to 28 characters without blanks',
    );
  if (markBit < 0 || markBit > 31)
    refuse(bitField, 'MasqMarkBit must be between 0 and 31', 'write a number from 0 to 31');
  const backend = child(field, 'backend');
  if (text(backend) === 'nftables')
    tell(
      backend,
      'error',
      'PW220',
      "portmap's nftables backend is not modelled",
      'leave it out: iptables',
      'sentence',
    );
  if (at(field, 'capabilities', 'portMappings').value !== true) {
    tell(
      child(field, 'capabilities'),
      'warning',
      'PW244',
      'without the capability portMappings the runtime tells portmap of no host ports: none is opened',
      'write "capabilities": {"portMappings": true}',
      'sentence',
    );
    return undefined;
  }
  return {
    snat: flag(child(field, 'snat')) ?? true,
    masqAll: flag(child(field, 'masqAll')) ?? false,
    markBit: markBit < 0 || markBit > 31 ? DEFAULT_PORTMAP.markBit : markBit,
    ...(setMarkChain === undefined ? {} : { setMarkChain }),
    conditions: {
      4: conditionsOf(child(field, 'conditionsV4')),
      6: conditionsOf(child(field, 'conditionsV6')),
    },
  };
}

function conditionsOf(field: Field): readonly PortmapCondition[] {
  const read = readConditions(items(field).map((item) => text(item) ?? ''));
  if ('conditions' in read) return read.conditions;
  tell(
    field,
    'error',
    'PW220',
    `the condition ${JSON.stringify(read.unknown)} of portmap is not modelled`,
    'conditions on -s, -d and -i are, each with ! before it or without',
    'sentence',
  );
  return [];
}
