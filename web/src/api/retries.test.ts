import { expect, test } from "vitest";
import { ApiError } from "./problem";
import { afterSeconds, isWorthAnotherTry } from "./retries";

const request = (method: string, path: string) => ({ method, url: `https://x.test${path}` });
const lost = new TypeError("Failed to fetch");

test("a lost connection is tried again", () => {
  expect(isWorthAnotherTry(request("GET", "/v1/jobs"), lost)).toBe(true);
  expect(isWorthAnotherTry(request("POST", "/v1/uploads"), lost)).toBe(true);
});

test("a question and a redrive are sent once, unless the API was busy", () => {
  for (const path of ["/v1/ask", "/v1/jobs/ab12/redrive"]) {
    expect(isWorthAnotherTry(request("POST", path), lost)).toBe(false);
    expect(isWorthAnotherTry(request("POST", path), { status: 504 })).toBe(false);
    expect(isWorthAnotherTry(request("POST", path), { status: 429 })).toBe(true);
  }
  expect(isWorthAnotherTry(request("GET", "/v1/jobs/ab12/redrive"), lost)).toBe(true);
});

test("an answer that will not change is not asked for again", () => {
  for (const status of [400, 403, 404, 409, 422, 500]) {
    expect(isWorthAnotherTry(request("GET", "/v1/jobs"), { status })).toBe(false);
  }
});

test("Retry-After decides how long to wait", () => {
  expect(afterSeconds(1, new Response(null, { headers: { "Retry-After": "7" } }))).toBe(7);
  expect(afterSeconds(3, lost)).toBeGreaterThanOrEqual(2);
});

test("a problem says what happened and what to do", () => {
  const error = ApiError.of(422, {
    title: "Invalid request",
    detail: "the request is invalid",
    error: "InvalidRequestError",
    advice: "Correct it.",
    fields: [{ field: "body.size", reason: "too large" }],
  });

  expect(error).toMatchObject({ title: "Invalid request", advice: "Correct it.", status: 422 });
  expect(error.message).toBe("the request is invalid; body.size: too large");
  expect(ApiError.of(401, { message: "Unauthorized" }).message).toBe("Unauthorized");
  expect(ApiError.of(502, "<html>").title).toBe("Error 502");
});
