/** Keeps a page's own fault from taking the console down. */
import { Component, type ErrorInfo, type ReactNode } from "react";
import { Failed } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export class Faults extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    // After an upgrade of the server the files that an open page would load are gone.
    const old = /dynamically imported module|module script/i.test(error.message);
    const shown = old ? new Error("the server has a newer console; load the page again") : error;
    return (
      <Page title="This page failed">
        <Failed error={shown} again={() => window.location.reload()} />
      </Page>
    );
  }
}
