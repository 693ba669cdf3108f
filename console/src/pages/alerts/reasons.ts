/** Why people say what they say of an alert: the API's closed lists. */
export const REASONS = {
  dismissed: [
    "expected change",
    "business operation",
    "normal by policy",
    "temporary maintenance",
    "authorised test",
    "duplicate",
    "other",
  ],
  escalated: ["attack", "suspected attack", "policy violation", "other"],
} as const;

export type Verdict = keyof typeof REASONS;

/** These teach the models nothing: what was allowed once must alert when it goes on. */
export const TEACHES_NOTHING = ["temporary maintenance", "authorised test", "duplicate"];
