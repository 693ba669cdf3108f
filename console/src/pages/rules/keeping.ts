/** Changes of rules and tunings: sent with what was seen, and waited for until they are in use. */
import { useQueryClient } from "@tanstack/react-query";
import { api, got, gotTagged, type Schema } from "@/api/client";
import { sameAs } from "./tuningText";

type Kept = Schema["KeptView"];
type Tuning = Schema["TuningView"];

const OFTEN = 500; // ms
const TIMES = 30; // then the judges are busy, and it is in use later

/** The ETag of what is kept now, once the rules in use are those that the change makes. */
async function taken(call: Promise<{ body: Kept; etag: string | null }>): Promise<string | null> {
  const { body, etag } = await call;
  for (let time = 0; time < TIMES; time += 1) {
    const page = await got(api.GET("/api/v1/rules", { params: { query: { limit: 1 } } }));
    if (page.ruleset === body.ruleset) break;
    await new Promise((done) => setTimeout(done, OFTEN));
  }
  return etag;
}

const seen = (etag: string | null) => (etag === null ? {} : { "if-match": etag });

export const putRule = (rule: string, body: Schema["RuleText"], etag: string | null) => {
  const params = { path: { rule }, header: seen(etag) };
  return taken(gotTagged(api.PUT("/api/v1/rules/{rule}", { params, body })));
};

export const deleteRule = (rule: string, why: string, etag: string | null) => {
  const params = { path: { rule }, query: { why }, header: seen(etag) };
  return taken(gotTagged(api.DELETE("/api/v1/rules/{rule}", { params })));
};

export const putTuning = (rule: string, body: Schema["NewTuning"], etag: string | null) => {
  const params = { path: { rule }, header: seen(etag) };
  return taken(gotTagged(api.PUT("/api/v1/rules/{rule}/tuning", { params, body })));
};

export const deleteTuning = (rule: string, why: string, etag: string | null) => {
  const params = { path: { rule }, query: { why }, header: seen(etag) };
  return taken(gotTagged(api.DELETE("/api/v1/rules/{rule}/tuning", { params })));
};

/** The tuning of a rule that was kept here, with its ETag; null: there is none. */
export async function tuningOf(rule: string) {
  const path = { rule };
  const { tuned } = await got(api.GET("/api/v1/rules/{rule}", { params: { path } }));
  if (!tuned) return null; // what is not there is not asked for
  return gotTagged(api.GET("/api/v1/rules/{rule}/tuning", { params: { path } }));
}

const UNDONE = "undone";

/** Puts back what a tuning was; null: there was none. */
export async function putBack(rule: string, before: Tuning | null, etag: string | null) {
  if (before === null) return deleteTuning(rule, UNDONE, etag);
  const body = { enabled: before.enabled, foreseen: sameAs(before), why: before.reason };
  return putTuning(rule, body, etag);
}

/** Puts back what a rule said; null: there was none. */
export const putRuleBack = (rule: string, before: string | null, etag: string | null) =>
  before === null
    ? deleteRule(rule, UNDONE, etag)
    : putRule(rule, { text: before, why: UNDONE }, etag);

/** Asks anew for the lists, for what is counted of rules, and for a rule unless it is gone. */
export function useRenewed(rule: string): (gone?: boolean) => Promise<unknown> {
  const client = useQueryClient();
  return (gone = false) => {
    const refetchType = gone ? "none" : "active";
    const lists = [["rules"], ["figures", "reach"], ["figures", "coverage"]];
    return Promise.all([
      client.invalidateQueries({ queryKey: ["rule", rule], refetchType }),
      ...lists.map((queryKey) => client.invalidateQueries({ queryKey })),
    ]);
  };
}
