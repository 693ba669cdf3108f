import { Anchor } from "@mantine/core";
import { Link } from "wouter";
import { Page } from "@/parts/Page";
import { AlertDetail } from "./AlertDetail";

/** One alert on a page of its own. */
export function AlertPage({ uid }: { uid: string }) {
  return (
    <Page
      title="Alert"
      note={
        <Anchor component={Link} href="/alerts" size="sm">
          All alerts
        </Anchor>
      }
    >
      <AlertDetail uid={uid} whole />
    </Page>
  );
}
