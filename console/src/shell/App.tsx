/** Which page an address shows; without a session, the one to log in on. */
import { lazy, Suspense } from "react";
import { Redirect, Route, Router, Switch, useLocation } from "wouter";
import { useMe } from "@/api/me";
import { isProblem, ProblemError } from "@/api/problem";
import { Failed, Nothing, Waiting } from "@/parts/Answer";
import { Page } from "@/parts/Page";
import { useRawLocation, useRawSearch } from "@/parts/url";
import { Faults } from "@/shell/Faults";
import { PAGES, type PageEntry } from "@/shell/pages";
import { Shell } from "@/shell/Shell";

const LoginPage = lazy(() => import("@/shell/LoginPage"));

export function App() {
  return (
    <Router hook={useRawLocation} searchHook={useRawSearch}>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/login" component={LoginPage} />
          <Route path="/setup" component={LoginPage} />
          <Route>
            <Inside />
          </Route>
        </Switch>
      </Suspense>
    </Router>
  );
}

function Inside() {
  const me = useMe();
  const [location] = useLocation();
  if (isProblem(me.error, 401)) {
    const next =
      location === "/" ? "" : `?next=${encodeURIComponent(location + window.location.search)}`;
    return <Redirect to={`/login${next}`} replace />;
  }
  if (me.error && !me.data) return <Failed error={me.error} again={() => me.refetch()} />;
  if (!me.data) return <Waiting failing={me.failureReason} />;
  return (
    <Shell>
      <Faults key={location}>
        <Suspense fallback={<Waiting lines={6} />}>
          <Switch>
            {PAGES.flatMap((entry) => {
              const shown = <Allowed entry={entry} scopes={me.data.scopes} />;
              const below = entry.path === "/" ? [] : [`${entry.path}/*`];
              return [entry.path, ...below].map((path) => (
                <Route key={path} path={path}>
                  {shown}
                </Route>
              ));
            })}
            <Route>
              <Page title="No such page">
                <Nothing>The address may be wrong. Ctrl-K goes to any page.</Nothing>
              </Page>
            </Route>
          </Switch>
        </Suspense>
      </Faults>
    </Shell>
  );
}

function Allowed({ entry, scopes }: { entry: PageEntry; scopes: readonly string[] }) {
  if (scopes.includes(entry.scope)) return <entry.page />;
  const needed = new ProblemError(403, `this page needs the scope "${entry.scope}"`);
  return (
    <Page title={entry.label}>
      <Failed error={needed} />
    </Page>
  );
}
