/** The shape of the ledger, which the API gives as plain JSON. */
export interface Audit {
  population: number; // matches that the rule's model suppressed
  drawn: number; // up to the last one that somebody answered
  wanted: number;
  skipped: number; // drawn and not answered: they count against the model
  low: number;
  high: number;
}

export interface Recall {
  chains: number;
  caught: number;
  upper: number; // 95 % bound on the share of chains that would be missed
}

export interface LedgerLine {
  rule: string;
  stage: string | null;
  matches: number;
  suppressed: number;
  hidden: number;
  alerted: number;
  recall: Recall | null;
  audit: Audit;
}

export interface Ledger {
  foresight: string;
  placements: number;
  since: number;
  rules: LedgerLine[];
  sealed: { models: Recall | null; product: Recall | null; impossible: number };
}
