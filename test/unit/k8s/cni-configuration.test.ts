import { describe, expect, test } from 'vitest';
import { answer, buildCluster } from '../../../src/index.ts';
import { type CniConfig, DEFAULT_CNI, loadCluster } from '../../../src/k8s/index.ts';

const NET_CONF = '{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}';
const PORTMAP = { type: 'portmap', capabilities: { portMappings: true } };

function list(delegate: object, ...chained: readonly object[]): object {
  return { name: 'cbr0', cniVersion: '0.3.1', plugins: [{ type: 'flannel', delegate }, ...chained] };
}

function configMap(configuration: object, namespace = 'kube-flannel'): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'kube-flannel-cfg', namespace },
    data: { 'net-conf.json': NET_CONF, 'cni-conf.json': JSON.stringify(configuration) },
  });
}

function read(...texts: readonly (readonly [file: string, text: string])[]): {
  readonly cni: CniConfig | undefined;
  readonly told: readonly string[];
} {
  const loaded = loadCluster(texts.map(([file, text]) => ({ file, text })));
  return {
    cni: loaded.objects.cni,
    told: loaded.diagnostics
      .filter(({ code }) => code !== 'PW221')
      .map(({ severity, code, message }) => `${severity} ${code} ${message}`),
  };
}

function given(configuration: object): ReturnType<typeof read> {
  return read(['flannel.json', configMap(configuration)]);
}

describe('the configuration of CNI plugins', () => {
  test('as kube-flannel.yml has it is what is assumed without one', () => {
    const { cni, told } = given(list({ hairpinMode: true, isDefaultGateway: true }, PORTMAP));
    expect(told).toEqual([]);
    expect(cni).toMatchObject(DEFAULT_CNI);
    expect(read(['none.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: { name: a }']).cni).toBeUndefined();
  });

  test('says nothing for granted: hairpin mode and a default gateway are off, no portmap opens no host ports', () => {
    const { cni } = given(list({}));
    expect(cni).toMatchObject({ hairpin: false, isDefaultGateway: false, isGateway: true, ipMasq: false });
    expect(cni?.portmap).toBeUndefined();
  });

  test('is read whatever the case of its keys, as Go reads JSON', () => {
    const { cni, told } = given(list({ HairpinMode: true, BRIDGE: 'kube-bridge', Mtu: 1400 }));
    expect(cni).toMatchObject({ hairpin: true, bridge: 'kube-bridge', mtu: 1400 });
    expect(told).toEqual([]);
  });

  test('has the options of portmap', () => {
    const options = {
      snat: false,
      masqAll: true,
      markMasqBit: 31,
      conditionsV4: ['!', '-d', '192.0.2.1/24'],
    };
    expect(given(list({}, { ...PORTMAP, ...options })).cni?.portmap).toEqual({
      snat: false,
      masqAll: true,
      markBit: 31,
      conditions: { 4: [{ what: 'dst', cidr: { base: 0xc0000200, length: 24 }, not: true }], 6: [] },
    });
  });

  test.each([
    [
      list({}, { type: 'bandwidth' }),
      'warning PW242 cni-conf.json: the CNI plugin "bandwidth" is not modelled',
    ],
    [list({}, { type: 'acme' }), 'warning PW242 cni-conf.json: unknown CNI plugin "acme"'],
    [{ name: 'k8s-pod-network', plugins: [{ type: 'calico' }] }, '"calico" connects its pods'],
    [list({ type: 'macvlan' }), 'warning PW242 cni-conf.json: flannel delegates to "macvlan"'],
    [{ name: 'cbr0' }, 'warning PW243 cni-conf.json: no plugins'],
    [
      list({ hairpinMode: true, promiscMode: true }),
      'error PW243 cni-conf.json: cannot set hairpin mode and promiscuous mode at the same time.',
    ],
    [list({ name: 'x' }), "error PW243 cni-conf.json: 'delegate' dictionary must not have 'name' field"],
    [
      list({}, { ...PORTMAP, markMasqBit: 32 }),
      'error PW243 cni-conf.json: MasqMarkBit must be between 0 and 31',
    ],
    [
      list({}, { ...PORTMAP, markMasqBit: 3, externalSetMarkChain: 'KUBE-MARK-MASQ' }),
      'error PW243 cni-conf.json: Cannot specify externalSetMarkChain and markMasqBit',
    ],
    [list({}, { type: 'portmap' }), 'warning PW244 cni-conf.json: without the capability portMappings'],
    [list({ vlan: 100 }), 'warning PW244 cni-conf.json: vlan of the bridge plugin is not modelled'],
    [
      list({ hairpinMod: true }),
      'warning PW210 cni-conf.json: plugins[0].delegate.hairpinMod: unknown field',
    ],
    [list({ bridge: 'a/b' }), 'error PW202 cni-conf.json: plugins[0].delegate.bridge: Invalid value: "a/b"'],
    [list({ mtu: 70000 }), 'error PW202 cni-conf.json: plugins[0].delegate.mtu: Invalid value: 70000'],
    [list({ hairpinMode: 'yes' }), 'error PW207 cni-conf.json: plugins[0].delegate.hairpinMode'],
    [
      list({}, { ...PORTMAP, conditionsV4: ['-m', 'mark'] }),
      'error PW220 cni-conf.json: the condition "-m" of portmap is not modelled',
    ],
  ])('tells what is wrong with %j', (configuration, told) => {
    expect(given(configuration).told.join('\n')).toContain(told);
  });

  test('is taken from a file by itself, the first by name; a file counts more than the ConfigMap that it came from', () => {
    const file = (bridge: string): string => JSON.stringify(list({ bridge }));
    const { cni, told } = read(
      ['cni/20-other.conflist', file('other')],
      ['flannel.json', configMap(list({ bridge: 'cm' }))],
      ['cni/10-flannel.conflist', file('mine')],
    );
    expect(cni).toMatchObject({ bridge: 'mine', origin: { kind: 'File', name: '10-flannel.conflist' } });
    expect(told.filter((one) => one.startsWith('note PW245'))).toHaveLength(2);
  });

  test('of one plugin, the bridge itself, needs no list', () => {
    const text = JSON.stringify({
      cniVersion: '0.3.1',
      name: 'n',
      type: 'bridge',
      bridge: 'br0',
      isGateway: true,
    });
    expect(read(['100-crio-bridge.conf', text]).cni).toMatchObject({
      name: 'n',
      bridge: 'br0',
      isDefaultGateway: false,
      mtu: 1500,
    });
  });

  test('masquerades in the place of flanneld that runs without --ip-masq', () => {
    const daemon = (args: string): string =>
      `{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"kube-flannel-ds"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"hostNetwork":true,"containers":[{"name":"f","command":["/opt/bin/flanneld"],"args":[${args}]}]}}}}`;
    const both = (args: string): CniConfig | undefined =>
      read(['a.json', configMap(list({}))], ['b.json', daemon(args)]).cni;
    expect(both('"--kube-subnet-mgr"')?.ipMasq).toBe(true);
    expect(both('"--ip-masq","--kube-subnet-mgr"')?.ipMasq).toBe(false);
  });

  test('keeps its namespace in what is said of it, as flannel does', () => {
    const text = configMap(list({ isDefaultGateway: true }), 'kube-system');
    const { objects } = loadCluster([{ file: 'flannel.json', text }]);
    const { kind, namespace, name } = { ...objects.cni?.origin, ...objects.flannel.origin };
    expect([kind, namespace, name]).toEqual(['ConfigMap', 'kube-system', 'kube-flannel-cfg']);
  });

  test('without hairpin mode keeps a pod from itself through its Service, and is named as the cause', () => {
    const objects = [
      configMap(list({ isDefaultGateway: true }), 'kube-system'),
      '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"a","ports":[{"containerPort":80}]}]}}',
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"selector":{"app":"web"},"ports":[{"port":80}]}}',
    ];
    const loaded = loadCluster([
      { file: 'in.json', text: `{"apiVersion":"v1","kind":"List","items":[${objects.join(',')}]}` },
    ]);
    const found = answer(
      buildCluster(loaded.objects),
      { source: 'pod/web', destination: 'svc/web', namespace: 'default' },
      { all: true },
    );
    if (!found.ok) throw new Error(found.error.message);
    const [path] = found.value.trace.paths;
    expect(path).toMatchObject({ verdict: 'timeout', reason: 'HAIRPIN_DISABLED' });
    expect(path?.explanation).toContain('from ConfigMap kube-system/kube-flannel-cfg hairpinMode (cni)');
  });
});
