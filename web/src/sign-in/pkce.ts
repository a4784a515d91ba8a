/**
 * The authorization code flow with PKCE: https://www.rfc-editor.org/rfc/rfc7636
 *
 * Everything here is without state, so that it can be tested without a browser.
 */

export interface Attempt {
  /** Returned by the sign-in pages as it was, so that no other page can send us its code. */
  state: string;
  /** The secret behind the challenge. */
  verifier: string;
  /** The address of the dashboard that somebody wanted to see. */
  returnTo: string;
  /** True if the sign-in runs in a window of its own, for a page whose sign-in has ended. */
  isInWindow: boolean;
}

export function newAttempt(returnTo: string, isInWindow: boolean): Attempt {
  return { state: random(), verifier: random(), returnTo, isInWindow };
}

export async function challengeOf(verifier: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return base64url(new Uint8Array(digest));
}

export async function authorizeAddress(
  signInUrl: string,
  clientId: string,
  redirectUri: string,
  attempt: Attempt,
): Promise<string> {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: "openid",
    state: attempt.state,
    code_challenge: await challengeOf(attempt.verifier),
    code_challenge_method: "S256",
  });
  return `${signInUrl}/oauth2/authorize?${query}`;
}

export type Returned =
  | { kind: "code"; code: string }
  | { kind: "refused"; reason: string }
  | { kind: "foreign" }
  | { kind: "nothing" };

/**
 * Read the address to which the sign-in pages sent the browser.
 *
 * `foreign`: the answer is not to this attempt. Another page may have sent it, so it is not used.
 */
export function readReturn(search: string, attempt: Attempt | null): Returned {
  const query = new URLSearchParams(search);
  const [code, error] = [query.get("code"), query.get("error")];
  if (!code && !error) return { kind: "nothing" };
  if (!attempt || query.get("state") !== attempt.state) return { kind: "foreign" };
  if (error) return { kind: "refused", reason: query.get("error_description") ?? error };
  return { kind: "code", code: code as string };
}

export function codeForm(clientId: string, redirectUri: string, code: string, verifier: string) {
  return new URLSearchParams({
    grant_type: "authorization_code",
    client_id: clientId,
    redirect_uri: redirectUri,
    code,
    code_verifier: verifier,
  });
}

export function refreshForm(clientId: string, refreshToken: string) {
  return new URLSearchParams({
    grant_type: "refresh_token",
    client_id: clientId,
    refresh_token: refreshToken,
  });
}

/** Return 43 characters of 32 random bytes, as RFC 7636 recommends for the verifier. */
function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
