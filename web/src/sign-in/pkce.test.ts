import { describe, expect, test } from "vitest";
import { authorizeAddress, challengeOf, newAttempt, readReturn } from "./pkce";

test("the challenge is that of RFC 7636, appendix B", async () => {
  const challenge = await challengeOf("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");

  expect(challenge).toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
});

test("no two attempts share a verifier or a state", () => {
  const attempts = Array.from({ length: 50 }, () => newAttempt("/", false));
  const secrets = attempts.flatMap(({ state, verifier }) => [state, verifier]);

  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(secret).toMatch(/^[\w-]{43}$/);
});

test("the address of the sign-in pages has the challenge and not the verifier", async () => {
  const attempt = newAttempt("/jobs/1", false);

  const url = new URL(await authorizeAddress("https://x.test", "abc", "https://y.test/", attempt));

  expect(url.origin + url.pathname).toBe("https://x.test/oauth2/authorize");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    response_type: "code",
    client_id: "abc",
    redirect_uri: "https://y.test/",
    scope: "openid",
    state: attempt.state,
    code_challenge: await challengeOf(attempt.verifier),
    code_challenge_method: "S256",
  });
  expect(url.href).not.toContain(attempt.verifier);
});

describe("the return from the sign-in pages", () => {
  const attempt = newAttempt("/", false);

  test("brings a code", () => {
    const returned = readReturn(`?code=c1&state=${attempt.state}`, attempt);

    expect(returned).toEqual({ kind: "code", code: "c1" });
  });

  test("is foreign with another state, or without an attempt", () => {
    expect(readReturn("?code=c1&state=other", attempt)).toEqual({ kind: "foreign" });
    expect(readReturn("?code=c1", attempt)).toEqual({ kind: "foreign" });
    expect(readReturn(`?code=c1&state=${attempt.state}`, null)).toEqual({ kind: "foreign" });
  });

  test("says why somebody was refused", () => {
    const search = `?error=access_denied&error_description=No&state=${attempt.state}`;

    expect(readReturn(search, attempt)).toEqual({ kind: "refused", reason: "No" });
  });

  test("is nothing at any other address", () => {
    expect(readReturn("?t=83", attempt)).toEqual({ kind: "nothing" });
  });
});
