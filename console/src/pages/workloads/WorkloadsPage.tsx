/** Workloads by their risk; one of them with its course, hosts, alerts, processes and files. */
import { Route, Switch } from "wouter";
import { decoded } from "@/parts/url";
import { WorkloadList } from "./WorkloadList";
import { WorkloadPage } from "./WorkloadPage";

export default function WorkloadsPage() {
  return (
    <Switch>
      <Route path="/workloads/:name">
        {({ name }) => <WorkloadPage name={decoded(name)} key={name} />}
      </Route>
      <Route>
        <WorkloadList />
      </Route>
    </Switch>
  );
}
