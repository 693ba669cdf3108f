import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function ModelsPage() {
  return (
    <Page title="Models">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
