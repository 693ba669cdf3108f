import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function WorkloadsPage() {
  return (
    <Page title="Workloads">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
