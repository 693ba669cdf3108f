/** Rules: what each does here, its text, and what an edit would change. */
import { Route, Switch } from "wouter";
import { decoded } from "@/parts/url";
import { CoveragePage } from "./CoveragePage";
import { NewRulePage } from "./NewRulePage";
import { RuleList } from "./RuleList";
import { RulePage } from "./RulePage";
import { NewSuppressionPage } from "./suppressions/NewSuppressionPage";
import { SuppressionPage } from "./suppressions/SuppressionPage";
import { SuppressionsPage } from "./suppressions/SuppressionsPage";
import { TurnOnPage } from "./TurnOnPage";

export default function RulesPage() {
  return (
    <Switch>
      <Route path="/rules/suppressions">
        <SuppressionsPage />
      </Route>
      <Route path="/rules/suppressions/new">
        <NewSuppressionPage />
      </Route>
      <Route path="/rules/suppressions/:name">
        {({ name }) => <SuppressionPage name={decoded(name)} key={name} />}
      </Route>
      <Route path="/rules/coverage">
        <CoveragePage />
      </Route>
      <Route path="/rules/to-turn-on">
        <TurnOnPage />
      </Route>
      <Route path="/rules/new">
        <NewRulePage />
      </Route>
      <Route path="/rules/:rule">
        {({ rule }) => <RulePage rule={decoded(rule)} key={rule} />}
      </Route>
      <Route>
        <RuleList />
      </Route>
    </Switch>
  );
}
