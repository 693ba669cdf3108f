import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function AccessPage() {
  return (
    <Page title="Access">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
