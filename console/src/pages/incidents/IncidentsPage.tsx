import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function IncidentsPage() {
  return (
    <Page title="Incidents">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
