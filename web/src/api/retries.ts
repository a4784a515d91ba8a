/** Which requests are sent again, and when. */

export const MAX_TRIES = 5;
const BUSY = new Set([429, 503]);
const UNKNOWN_OUTCOME = new Set([502, 504]);
/** Another question is paid again, and another redrive may start another attempt. */
const ONLY_ONCE = /\/v1\/(ask|jobs\/[^/]+\/redrive)$/;

export function isWorthAnotherTry(
  request: { method: string; url: string; signal?: AbortSignal },
  outcome: { status: number } | Error,
): boolean {
  if (request.signal?.aborted) return false;
  if (!(outcome instanceof Error) && BUSY.has(outcome.status)) return true;
  const isRepeatable = request.method === "GET" || !ONLY_ONCE.test(new URL(request.url).pathname);
  return isRepeatable && (outcome instanceof Error || UNKNOWN_OUTCOME.has(outcome.status));
}

/** Return how long to wait: what `Retry-After` says, or twice as long each time. */
export function afterSeconds(tries: number, outcome: Response | Error): number {
  const asked = outcome instanceof Response ? Number(outcome.headers.get("Retry-After")) : 0;
  return asked > 0 ? Math.min(asked, 60) : 2 ** (tries - 1) * (0.5 + Math.random() / 2);
}
