/** An answer of the server that is not the one that was asked for (RFC 9457), or no answer. */
export class ProblemError extends Error {
  constructor(
    readonly status: number, // 0: the server can't be reached
    detail: string,
    readonly type = "about:blank",
    readonly retryAfter: number | null = null, // seconds
    readonly requestId: string | null = null,
  ) {
    super(detail);
    this.name = "ProblemError";
  }

  /** Whether asking again may help: the server was not there, busy, or starting. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

export const SECOND_FACTOR = "urn:foreseen:problem:second-factor";

/** Reads the problem out of a refused answer; one that is no problem document is told by its status. */
export function problemOf(response: Response, body: unknown): ProblemError {
  const told = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const text = (name: string) => (typeof told[name] === "string" ? (told[name] as string) : null);
  const wait = Number.parseFloat(response.headers.get("retry-after") ?? "");
  return new ProblemError(
    response.status,
    text("detail") ?? text("title") ?? `the server answered ${response.status}`,
    text("type") ?? undefined,
    Number.isFinite(wait) ? wait : null,
    text("request_id"),
  );
}

export function isProblem(error: unknown, ...statuses: number[]): error is ProblemError {
  return (
    error instanceof ProblemError && (statuses.length === 0 || statuses.includes(error.status))
  );
}
