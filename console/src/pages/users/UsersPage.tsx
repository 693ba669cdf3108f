import { Nothing } from "@/parts/Answer";
import { Page } from "@/parts/Page";

export default function UsersPage() {
  return (
    <Page title="Users">
      <Nothing>Not built yet.</Nothing>
    </Page>
  );
}
