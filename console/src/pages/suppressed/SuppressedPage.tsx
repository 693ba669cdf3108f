import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function SuppressedPage() {
  return (
    <Page title="Suppressed">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
