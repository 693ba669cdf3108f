/** Models: where each stands, what it hides and would miss, and how it came to be. */
import { Route, Switch } from "wouter";
import { decoded } from "@/parts/url";
import { ComparePage } from "./ComparePage";
import { MeasuredPage } from "./MeasuredPage";
import { ModelList } from "./ModelList";
import { ModelPage } from "./ModelPage";
import { VersionsPage } from "./VersionsPage";

export default function ModelsPage() {
  return (
    <Switch>
      <Route path="/models/versions">
        <VersionsPage />
      </Route>
      <Route path="/models/compare">
        <ComparePage />
      </Route>
      <Route path="/models/promises">
        <MeasuredPage />
      </Route>
      <Route path="/models/:rule">
        {({ rule }) => <ModelPage rule={decoded(rule)} key={rule} />}
      </Route>
      <Route>
        <ModelList />
      </Route>
    </Switch>
  );
}
