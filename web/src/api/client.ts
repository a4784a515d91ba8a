/** The API, with types from its OpenAPI description. */
import createClient, { type Client } from "openapi-fetch";
import type { Session } from "../sign-in/session";
import { ApiError } from "./problem";
import { afterSeconds, isWorthAnotherTry, MAX_TRIES } from "./retries";
import type { paths } from "./schema";

export type Api = Client<paths>;

export function createApi(session: Session): Api {
  return createClient<paths>({
    baseUrl: location.origin,
    querySerializer: { array: { style: "form", explode: false } },
    fetch: (request) => sendWithToken(request, session),
  });
}

/** Return what the API answered. Raises ApiError, or TypeError if nothing answered. */
export async function answer<T>(
  pending: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await pending;
  if (!response.ok) throw ApiError.of(response.status, error);
  return data as T;
}

/** Send a request until it is answered, renewing the token once and waiting where it helps. */
async function sendWithToken(request: Request, session: Session): Promise<Response> {
  let isRenewed = false;
  for (let tries = 1; ; tries++) {
    const token = await session.token();
    const sent = new Request(request.clone());
    sent.headers.set("Authorization", `Bearer ${token}`);
    const response = await fetch(sent).catch((error: unknown) => error as Error);
    if (response instanceof Response && response.status === 401 && !isRenewed) {
      isRenewed = true;
      await session.renew(token);
      continue;
    }
    // Without a network, people learn it at once; whoever waits for the network tries again then.
    if (tries < MAX_TRIES && navigator.onLine && isWorthAnotherTry(request, response)) {
      await delay(afterSeconds(tries, response), request.signal);
      continue;
    }
    if (response instanceof Response) return response;
    throw response;
  }
}

/** Wait, unless the signal ends the wait. Raises the signal's reason then. */
export function delay(seconds: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = setTimeout(done, 1000 * seconds);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
