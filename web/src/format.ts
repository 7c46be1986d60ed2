// Numbers and days in words, as `frontcast.show.style` has them for pictures.

export const DAY_MS = 86_400_000;
const MINUS = "\u2212";
const THIN = "\u00a0";
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
  "November", "December"];

/** A probability in whole percent that never claims certainty; an ensemble of 20 cannot tell less than 5 %. */
export function percent(probability: number, members: number): string {
  const finest = Math.max(1, Math.round(100 / members));
  const whole = Math.round(100 * probability);
  if (whole < finest) return `<${finest}${THIN}%`;
  if (whole > 100 - finest) return `>${100 - finest}${THIN}%`;
  return `${whole}${THIN}%`;
}

export function share(value: number): string {
  return `${Math.round(100 * value)}${THIN}%`;
}

const grouped = (value: number, digits = 0): string =>
  Math.abs(value).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function signed(value: number, digits = 0): string {
  const text = grouped(value, digits);
  const zero = Number(text.replaceAll(",", "")) === 0;
  return (zero ? "" : value < 0 ? MINUS : "+") + text;
}

export function count(value: number): string {
  return (value < 0 ? MINUS : "") + grouped(value);
}

/** An area in km² to two significant figures, which is more than a forecast of it ever earns. */
export function area(km2: number, sign = false): string {
  const digits = Math.abs(km2) >= 1 ? Math.floor(Math.log10(Math.abs(km2))) - 1 : 0;
  const step = 10 ** Math.max(digits, 0);
  const value = Math.round(km2 / step) * step;
  return `${value < 0 ? MINUS : sign && value > 0 ? "+" : ""}${grouped(value)}${THIN}km²`;
}

/** "5 September 2022" */
export function day(iso: string): string {
  const [year, month, date] = iso.slice(0, 10).split("-").map(Number);
  return `${date} ${MONTHS[month! - 1]} ${year}`;
}

/** "5 Sep 2022" */
export function shortDay(iso: string): string {
  const [year, month, date] = iso.slice(0, 10).split("-").map(Number);
  return `${date} ${MONTHS[month! - 1]!.slice(0, 3)} ${year}`;
}

export function addDays(iso: string, days: number): string {
  return new Date(Date.parse(iso.slice(0, 10)) + days * DAY_MS).toISOString().slice(0, 10);
}

export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to.slice(0, 10)) - Date.parse(from.slice(0, 10))) / DAY_MS);
}

export function plural(number: number, word: string): string {
  return `${count(number)}${THIN}${word}${number === 1 ? "" : "s"}`;
}

export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
