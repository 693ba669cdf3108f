/** People of the telemetry: who logged in, what they ran, which files they touched. */
import { Route, Switch } from "wouter";
import { decoded } from "@/parts/url";
import { PersonPage } from "./PersonPage";
import { UserList } from "./UserList";

export default function UsersPage() {
  return (
    <Switch>
      <Route path="/users/:name">
        {({ name }) => <PersonPage name={decoded(name)} key={name} />}
      </Route>
      <Route>
        <UserList />
      </Route>
    </Switch>
  );
}
