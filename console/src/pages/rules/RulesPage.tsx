/** Rules: what each does here, its text, and what an edit would change. */
import { Route, Switch } from "wouter";
import { RuleList } from "./RuleList";
import { RulePage } from "./RulePage";
import { SuppressionsPage } from "./SuppressionsPage";

export default function RulesPage() {
  return (
    <Switch>
      <Route path="/rules/by-hand">
        <SuppressionsPage />
      </Route>
      <Route path="/rules/:rule">
        {({ rule }) => <RulePage rule={decodeURIComponent(rule)} key={rule} />}
      </Route>
      <Route>
        <RuleList />
      </Route>
    </Switch>
  );
}
