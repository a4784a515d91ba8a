/** Write sizes, durations and dates as people read them. */

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function bytes(size: number): string {
  let unit = 0;
  let amount = size;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${amount < 10 && unit ? amount.toFixed(1) : Math.round(amount)} ${UNITS[unit]}`;
}

/** Return a rough duration, such as `2 min`: nobody believes the seconds of an estimate. */
export function roughly(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = `${Math.floor(minutes / 60)} h`;
  return minutes % 60 ? `${hours} ${minutes % 60} min` : hours;
}

/** Return a measured duration: `0.4 s`, `12 s`, `1 min 23 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${Math.max(seconds, 0).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Return an amount of US dollars: `$12.30`, or with four digits below a dollar: `$0.0512`. */
export function dollars(amount: number): string {
  if (!amount) return "$0";
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}

export function percent(fraction: number): string {
  return `${Math.floor(100 * Math.min(Math.max(fraction, 0), 1))} %`;
}

const MOMENT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export function moment(when: string): string {
  const date = new Date(when);
  return Number.isNaN(date.getTime()) ? when : MOMENT.format(date);
}

const TIME = new Intl.DateTimeFormat("en", { timeStyle: "medium" });

export function timeOfDay(when: string): string {
  const date = new Date(when);
  return Number.isNaN(date.getTime()) ? when : TIME.format(date);
}
