import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function HuntPage() {
  return (
    <Page title="Hunt">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
