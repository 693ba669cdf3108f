/** Numbers as people read them. */
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const whole = (value: number): string => WHOLE.format(value);

/** `1,254`, and `1.3M` from a hundred thousand on. */
export const counted = (value: number): string =>
  Math.abs(value) < 100_000 ? WHOLE.format(value) : SHORT.format(value);

/** A share as `97.4 %`; small ones keep two significant digits. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0 || value === 100) return `${value} %`;
  if (value < 1) return `${Number(value.toPrecision(2))} %`;
  return value > 99.9 ? "> 99.9 %" : `${value.toFixed(1)} %`;
}

export const bits = (surprise: number | null | undefined): string =>
  surprise === null || surprise === undefined ? "–" : `${surprise.toFixed(1)} bit`;

const SIZES = ["B", "kB", "MB", "GB", "TB"];

/** Bytes as `1.2 GB`. */
export function bytesText(bytes: number): string {
  const step = bytes < 1 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${value < 10 && step ? value.toFixed(1) : Math.round(value)} ${SIZES[step]}`;
}
