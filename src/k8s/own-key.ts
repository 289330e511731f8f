/** Sets a key as JSON.parse does: `__proto__` is a key like any other. */
export function setOwn(out: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(out, key, { value, enumerable: true, configurable: true, writable: true });
  } else out[key] = value;
}

/** Whether an object has a key itself. */
export function hasOwn(out: Readonly<Record<string, unknown>>, key: string): boolean {
  // Nothing is ever undefined here; what is inherited (`constructor`) is looked at again.
  return out[key] !== undefined && Object.hasOwn(out, key);
}
