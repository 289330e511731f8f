/**
 * Whether a document is a configuration of CNI plugins, as /etc/cni/net.d holds them (`.conf`, `.conflist`, `.json`), and
 * no Kubernetes object.
 */
export function isCniConfig(value: Readonly<Record<string, unknown>>): boolean {
  if (value['kind'] !== undefined || value['apiVersion'] !== undefined) return false;
  const { plugins, type, cniVersion, name } = value;
  const versioned = typeof cniVersion === 'string';
  if (Array.isArray(plugins)) return versioned || typeof name === 'string';
  return typeof type === 'string' && (versioned || type === 'flannel' || type === 'bridge');
}

/** Whether a text of a folder looks like one; other `.conf` files lie there as well. */
export function looksLikeCniConfig(text: string): boolean {
  return /^\s*\{/.test(text) && /"(?:plugins|cniVersion)"\s*:/i.test(text);
}
