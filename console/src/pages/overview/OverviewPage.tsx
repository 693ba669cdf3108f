import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function OverviewPage() {
  return (
    <Page title="Overview">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
