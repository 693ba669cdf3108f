import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function IntegrationsPage() {
  return (
    <Page title="Integrations">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
