import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function AuditLogPage() {
  return (
    <Page title="Audit log">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
