/** The kernel's unit of `-m statistic --mode random`: a packet matches when 31 random bits are below the threshold. */
const ONE = 0x80000000;

/** `lround(p * 2^31)`, as libxt_statistic keeps a probability; undefined outside 0 to 1. */
export function parseProbability(text: string): number | undefined {
  if (!/^(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return undefined;
  const p = Number(text);
  return p <= 1 ? Math.round(p * ONE) : undefined;
}

/**
 * printf's `%.11f` of threshold/2^31. toFixed() rounds an exact half up where C rounds it to even: that happens
 * when the last bit that counts is 2^-12 (1/4096 is 0.000244140625).
 */
export function formatProbability(threshold: number): string {
  if ((threshold & 0xfffff) === 0x80000) {
    const units = (BigInt(threshold) * 10n ** 11n) >> 31n;
    const even = units % 2n === 0n ? units : units + 1n;
    const digits = even.toString().padStart(12, '0');
    return `${digits.slice(0, -11)}.${digits.slice(-11)}`;
  }
  return (threshold / ONE).toFixed(11);
}
