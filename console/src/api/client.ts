/** The public API, typed by the document that the server itself gives. */
import createClient, { type Middleware } from "openapi-fetch";
import { ProblemError, problemOf } from "@/api/problem";
import type { components, paths } from "@/api/schema";

export type Schema = components["schemas"];

const ours: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Foreseen-Request", "1"); // no page of somebody else can add it
    return request;
  },
  onError() {
    return new ProblemError(0, "the server can't be reached");
  },
};

export const api = createClient<paths>({ baseUrl: window.location.origin });
api.use(ours);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/**
 * The body of an answer: `await got(api.GET("/api/v1/me"))`.
 *
 * @throws ProblemError for every answer but a good one.
 */
export async function got<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response, error);
  return data as T;
}

/** The same with the ETag, which goes into `If-Match` of a change. */
export async function gotTagged<T>(
  call: Promise<Answered<T>>,
): Promise<{ body: T; etag: string | null }> {
  const { data, error, response } = await call;
  if (!response.ok) throw problemOf(response, error);
  return { body: data as T, etag: response.headers.get("etag") };
}

/** A key that lets a change be sent again without being done twice. */
export const newKey = (): string => crypto.randomUUID();
