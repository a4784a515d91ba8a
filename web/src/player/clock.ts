/** Write and read moments of a recording. */

/** Return seconds as people read them: `1:23` or `1:02:03`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number: number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Return the moment that an address asks for, in seconds: `?t=83`, `#t=1:23`; null if none. */
export function momentIn(address: string): number | null {
  const found = /[#?&]t=(?:(\d+):)?(?:(\d+):)?(\d+(?:\.\d+)?)(?![\d:.])/.exec(address);
  if (!found) return null;
  return found
    .slice(1)
    .filter(Boolean)
    .reduce((total, part) => total * 60 + Number(part), 0);
}

/** Return the last position whose time is not after `seconds`, or -1. `times` ascend. */
export function lastBefore(times: ArrayLike<number>, seconds: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
