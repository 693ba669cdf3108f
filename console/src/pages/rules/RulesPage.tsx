import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function RulesPage() {
  return (
    <Page title="Rules">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
