import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function SystemPage() {
  return (
    <Page title="System">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
