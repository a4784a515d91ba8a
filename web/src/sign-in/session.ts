/**
 * Who is signed in.
 *
 * The access token stays in memory. The refresh token is in the session storage of the tab, so that
 * a reload needs no new sign-in, and closing the tab ends it.
 */
import type { Health } from "../api/types";
import { Store } from "../parts/store";
import {
  type Attempt,
  authorizeAddress,
  codeForm,
  newAttempt,
  readReturn,
  refreshForm,
} from "./pkce";

/** `ended`: the sign-in has expired. Requests wait until somebody signs in again. */
export type SignInState = "signed-out" | "signed-in" | "ended";

interface Tokens {
  access: string;
  refresh: string;
  /** Milliseconds since 1970. */
  endsAt: number;
}

const ATTEMPT = "lifestream.sign-in";
const REFRESH_TOKEN = "lifestream.refresh-token";
const CHANNEL = "lifestream.sign-in";
/** In the address of a window that somebody signs in with while another page waits. */
export const IN_WINDOW = "?sign-in=window";
const RENEW_BEFORE_MS = 60_000;

export class SignInError extends Error {
  override name = "SignInError";
}

export class Session {
  readonly state = new Store<SignInState>("signed-out");
  readonly #health: Health;
  readonly #channel = new BroadcastChannel(CHANNEL);
  #tokens: Tokens | null = null;
  #renewal: Promise<void> | null = null;

  constructor(health: Health) {
    this.#health = health;
    const refresh = sessionStorage.getItem(REFRESH_TOKEN);
    if (refresh) this.#keep({ access: "", refresh, endsAt: 0 });
    this.#channel.addEventListener("message", (event) => this.#receive(event.data));
  }

  /** Leave for the sign-in pages. */
  async start(returnTo: string, isInWindow = false): Promise<void> {
    const attempt = newAttempt(returnTo, isInWindow);
    sessionStorage.setItem(ATTEMPT, JSON.stringify(attempt));
    const { sign_in_url, client_id } = this.#health;
    location.assign(await authorizeAddress(sign_in_url, client_id, redirectUri(), attempt));
  }

  /** Sign in again in a window of its own: this page, with its uploads, stays as it is. */
  startInWindow(): void {
    window.open(`/${IN_WINDOW}`, "lifestream-sign-in", "popup,width=480,height=720");
  }

  /**
   * Use the code with which the sign-in pages sent the browser back.
   *
   * Return the address to go on at; null if the browser does not come from there. Raises
   * SignInError.
   */
  async finish(search: string): Promise<string | null> {
    const attempt = storedAttempt();
    const returned = readReturn(search, attempt);
    if (returned.kind === "nothing" || !attempt) return returned.kind === "foreign" ? "/" : null;
    if (returned.kind === "foreign") return "/";
    sessionStorage.removeItem(ATTEMPT);
    if (returned.kind === "refused") throw new SignInError(returned.reason);
    const form = codeForm(this.#health.client_id, redirectUri(), returned.code, attempt.verifier);
    const tokens = await this.#ask(form);
    if (!tokens) throw new SignInError("the code is not valid any more");
    this.#keep(tokens);
    if (attempt.isInWindow) {
      this.#channel.postMessage(tokens);
      window.close();
    }
    return attempt.returnTo;
  }

  /** Return an access token that is valid for at least a minute; wait for a sign-in if need be. */
  async token(): Promise<string> {
    await this.state.until((state) => state === "signed-in");
    const tokens = this.#tokens as Tokens;
    if (tokens.endsAt - Date.now() > RENEW_BEFORE_MS) return tokens.access;
    await this.renew(tokens.access);
    return this.token();
  }

  /** Replace a token that the API refused, or that ends soon. Several calls make one request. */
  async renew(access: string): Promise<void> {
    if (this.#tokens?.access !== access) return;
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    await this.#renewal;
  }

  signOut(): void {
    sessionStorage.removeItem(REFRESH_TOKEN);
    this.#tokens = null;
    const query = new URLSearchParams({
      client_id: this.#health.client_id,
      logout_uri: redirectUri(),
    });
    location.assign(`${this.#health.sign_in_url}/logout?${query}`);
  }

  async #renew(): Promise<void> {
    const refresh = this.#tokens?.refresh ?? "";
    const tokens = await this.#ask(refreshForm(this.#health.client_id, refresh), refresh);
    if (tokens) this.#keep(tokens);
    else {
      sessionStorage.removeItem(REFRESH_TOKEN);
      this.state.set("ended");
    }
  }

  /** Ask for tokens; null if the code or the refresh token is refused. */
  async #ask(form: URLSearchParams, refresh = ""): Promise<Tokens | null> {
    const response = await fetch(`${this.#health.sign_in_url}/oauth2/token`, {
      method: "POST",
      body: form,
      credentials: "omit",
    });
    if (response.status === 400 || response.status === 401) return null;
    if (!response.ok) throw new SignInError(`the sign-in pages answered ${response.status}`);
    const answer = await response.json();
    return {
      access: answer.access_token,
      // Cognito sends no new refresh token when it renews a token.
      refresh: answer.refresh_token ?? refresh,
      endsAt: Date.now() + 1000 * Number(answer.expires_in ?? 0),
    };
  }

  #keep(tokens: Tokens): void {
    this.#tokens = tokens;
    sessionStorage.setItem(REFRESH_TOKEN, tokens.refresh);
    this.state.set("signed-in");
  }

  /** Another window has signed in: use its tokens if this page waits for some. */
  #receive(tokens: Tokens): void {
    if (this.state.value === "ended") this.#keep(tokens);
  }
}

/** Cognito compares the whole address, so it has no path and no query. */
function redirectUri(): string {
  return `${location.origin}/`;
}

function storedAttempt(): Attempt | null {
  const stored = sessionStorage.getItem(ATTEMPT);
  return stored ? (JSON.parse(stored) as Attempt) : null;
}
