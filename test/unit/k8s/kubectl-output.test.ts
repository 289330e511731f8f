import { expect, test } from 'vitest';
import { diagnose } from './fixtures.ts';

/** Objects with the fields that a real API server adds, of kinds that are read and of one that is not. */
const OUTPUT = `apiVersion: v1
items:
- apiVersion: v1
  kind: Node
  metadata:
    annotations:
      flannel.alpha.coreos.com/backend-data: '{"VNI":1,"VtepMAC":"aa:bb:cc:00:00:01"}'
      node.alpha.kubernetes.io/ttl: "0"
      volumes.kubernetes.io/controller-managed-attach-detach: "true"
    creationTimestamp: "2026-01-01T00:00:00Z"
    labels:
      beta.kubernetes.io/arch: amd64
      kubernetes.io/hostname: cp
      node-role.kubernetes.io/control-plane: ""
    name: cp
    resourceVersion: "100"
    uid: 6b1f
  spec:
    podCIDR: 10.244.0.0/24
    podCIDRs: [10.244.0.0/24]
    taints:
    - effect: NoSchedule
      key: node-role.kubernetes.io/control-plane
  status:
    addresses:
    - { address: 192.168.56.10, type: InternalIP }
    - { address: cp, type: Hostname }
    allocatable: { cpu: "2", memory: 1Gi, pods: "110" }
    capacity: { cpu: "2", memory: 1Gi, pods: "110" }
    conditions:
    - { type: NetworkUnavailable, status: "False", reason: FlannelIsUp }
    - { type: Ready, status: "True", reason: KubeletReady, lastHeartbeatTime: "2026-01-01T00:00:00Z" }
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } }
    images: []
    nodeInfo: { kubeletVersion: v1.30.0, operatingSystem: linux }
    runtimeHandlers: [{ name: runc, features: { recursiveReadOnlyMounts: true } }]
- apiVersion: v1
  kind: Pod
  metadata:
    creationTimestamp: "2026-01-01T00:00:00Z"
    generateName: coredns-76f75df574-
    labels: { k8s-app: kube-dns, pod-template-hash: 76f75df574 }
    name: coredns-76f75df574-abcde
    namespace: kube-system
    ownerReferences:
    - { apiVersion: apps/v1, blockOwnerDeletion: true, controller: true, kind: ReplicaSet, name: coredns-76f75df574, uid: a }
    resourceVersion: "101"
    uid: b
  spec:
    affinity: { podAntiAffinity: {} }
    containers:
    - args: [-conf, /etc/coredns/Corefile]
      image: registry.k8s.io/coredns/coredns:v1.11.1
      imagePullPolicy: IfNotPresent
      livenessProbe: { httpGet: { path: /health, port: 8080, scheme: HTTP }, timeoutSeconds: 5 }
      name: coredns
      ports:
      - { containerPort: 53, name: dns, protocol: UDP }
      - { containerPort: 53, name: dns-tcp, protocol: TCP }
      readinessProbe: { httpGet: { path: /ready, port: 8181 } }
      resources: { limits: { memory: 170Mi }, requests: { cpu: 100m } }
      securityContext: { capabilities: { add: [NET_BIND_SERVICE], drop: [ALL] } }
      terminationMessagePath: /dev/termination-log
      terminationMessagePolicy: File
      volumeMounts: [{ mountPath: /etc/coredns, name: config-volume, readOnly: true }]
    dnsPolicy: Default
    enableServiceLinks: true
    nodeName: cp
    nodeSelector: { kubernetes.io/os: linux }
    preemptionPolicy: PreemptLowerPriority
    priority: 2000000000
    priorityClassName: system-cluster-critical
    restartPolicy: Always
    schedulerName: default-scheduler
    securityContext: {}
    serviceAccount: coredns
    serviceAccountName: coredns
    terminationGracePeriodSeconds: 30
    tolerations: [{ key: CriticalAddonsOnly, operator: Exists }]
    volumes: [{ name: config-volume, configMap: { name: coredns } }]
  status:
    conditions:
    - { lastProbeTime: null, status: "True", type: PodReadyToStartContainers }
    - { lastProbeTime: null, status: "True", type: Ready }
    containerStatuses: []
    hostIP: 192.168.56.10
    hostIPs: [{ ip: 192.168.56.10 }]
    phase: Running
    podIP: 10.244.0.2
    podIPs: [{ ip: 10.244.0.2 }]
    qosClass: Burstable
    startTime: "2026-01-01T00:00:00Z"
- apiVersion: v1
  kind: Service
  metadata:
    annotations: { prometheus.io/port: "9153" }
    creationTimestamp: "2026-01-01T00:00:00Z"
    labels: { k8s-app: kube-dns }
    name: kube-dns
    namespace: kube-system
    resourceVersion: "102"
    uid: c
  spec:
    clusterIP: 10.96.0.10
    clusterIPs: [10.96.0.10]
    internalTrafficPolicy: Cluster
    ipFamilies: [IPv4]
    ipFamilyPolicy: SingleStack
    ports:
    - { name: dns, port: 53, protocol: UDP, targetPort: 53 }
    - { name: dns-tcp, port: 53, protocol: TCP, targetPort: 53 }
    selector: { k8s-app: kube-dns }
    sessionAffinity: None
    type: ClusterIP
  status: { loadBalancer: {} }
- addressType: IPv4
  apiVersion: discovery.k8s.io/v1
  endpoints:
  - addresses: [10.244.0.2]
    conditions: { ready: true, serving: true, terminating: false }
    nodeName: cp
    targetRef: { kind: Pod, name: coredns-76f75df574-abcde, namespace: kube-system, uid: b }
  kind: EndpointSlice
  metadata:
    annotations: { endpoints.kubernetes.io/last-change-trigger-time: "2026-01-01T00:00:00Z" }
    creationTimestamp: "2026-01-01T00:00:00Z"
    generateName: kube-dns-
    generation: 3
    labels:
      endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io
      k8s-app: kube-dns
      kubernetes.io/service-name: kube-dns
    name: kube-dns-abcde
    namespace: kube-system
    ownerReferences:
    - { apiVersion: v1, blockOwnerDeletion: true, controller: true, kind: Service, name: kube-dns, uid: c }
  ports:
  - { name: dns, port: 53, protocol: UDP }
  - { name: dns-tcp, port: 53, protocol: TCP }
- apiVersion: v1
  kind: ConfigMap
  metadata: { name: kube-proxy, namespace: kube-system }
  data:
    config.conf: |-
      apiVersion: kubeproxy.config.k8s.io/v1alpha1
      bindAddress: 0.0.0.0
      bindAddressHardFail: false
      clientConnection: { acceptContentTypes: "", burst: 0, contentType: "", kubeconfig: /var/lib/kube-proxy/kubeconfig.conf, qps: 0 }
      clusterCIDR: 10.244.0.0/16
      configSyncPeriod: 0s
      conntrack: { maxPerCore: null, min: null, tcpBeLiberal: false, tcpCloseWaitTimeout: null, tcpEstablishedTimeout: null, udpStreamTimeout: 0s, udpTimeout: 0s }
      detectLocal: { bridgeInterface: "", interfaceNamePrefix: "" }
      detectLocalMode: ""
      enableProfiling: false
      healthzBindAddress: ""
      hostnameOverride: ""
      iptables: { localhostNodePorts: null, masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s }
      ipvs: { excludeCIDRs: null, minSyncPeriod: 0s, scheduler: "", strictARP: false, syncPeriod: 0s, tcpFinTimeout: 0s, tcpTimeout: 0s, udpTimeout: 0s }
      kind: KubeProxyConfiguration
      logging: { flushFrequency: 0, options: { json: { infoBufferSize: "0" } }, verbosity: 0 }
      metricsBindAddress: ""
      mode: ""
      nftables: { masqueradeAll: false, masqueradeBit: null, minSyncPeriod: 0s, syncPeriod: 0s }
      nodePortAddresses: null
      oomScoreAdj: null
      portRange: ""
      showHiddenMetricsForVersion: ""
      winkernel: { enableDSR: false, forwardHealthCheckVip: false, networkName: "", rootHnsEndpointName: "", sourceVip: "" }
    kubeconfig.conf: "apiVersion: v1"
- apiVersion: v1
  kind: ConfigMap
  metadata: { name: kube-flannel-cfg, namespace: kube-flannel, labels: { app: flannel, tier: node } }
  data:
    cni-conf.json: '{"name": "cbr0", "plugins": [{"type": "flannel", "delegate": {"hairpinMode": true, "isDefaultGateway": true}}, {"type": "portmap", "capabilities": {"portMappings": true}}]}'
    net-conf.json: |
      {
        "Network": "10.244.0.0/16",
        "EnableNFTables": false,
        "Backend": {
          "Type": "vxlan"
        }
      }
- apiVersion: apps/v1
  kind: DaemonSet
  metadata: { name: kube-flannel-ds, namespace: kube-flannel }
  spec:
    selector: { matchLabels: { app: flannel } }
    template:
      metadata: { labels: { app: flannel } }
      spec: { hostNetwork: true, containers: [{ name: kube-flannel, image: docker.io/flannel/flannel }] }
kind: List
metadata:
  resourceVersion: ""
`;

test('objects as kubectl get -o yaml prints them give no diagnostic at all', () => {
  expect(diagnose(OUTPUT)).toEqual([]);
});
