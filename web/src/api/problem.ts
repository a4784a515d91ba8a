/** What went wrong, as people can read it. */
import type { Problem } from "./types";

/** An error that the API described: https://www.rfc-editor.org/rfc/rfc9457 */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  /** The name in `lifestream.errors`; empty if the API gave none. */
  readonly error: string;
  readonly title: string;
  readonly advice: string;

  constructor(status: number, problem: Partial<Problem>) {
    const fields = problem.fields?.map((field) => `${field.field}: ${field.reason}`) ?? [];
    super([problem.detail ?? "", ...fields].filter(Boolean).join("; "));
    this.status = status;
    this.error = problem.error ?? "";
    this.title = problem.title ?? `Error ${status}`;
    this.advice = problem.advice ?? "";
  }

  /** API Gateway refuses some requests itself: then `body` is `{"message": "…"}`. */
  static of(status: number, body: unknown): ApiError {
    const given = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem> & {
      message?: string;
    };
    return new ApiError(status, { ...given, detail: given.detail ?? given.message ?? "" });
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

export function isAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
