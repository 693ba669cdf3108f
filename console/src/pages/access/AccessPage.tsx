/** Who may do what: oneself, tokens and sessions; for admins everybody. */
import { Tabs } from "@mantine/core";
import { useMay } from "@/api/me";
import { Page } from "@/parts/Page";
import { useUrl } from "@/parts/url";
import { People } from "./People";
import { Sessions } from "./Sessions";
import { Tokens } from "./Tokens";
import { You } from "./You";

export default function AccessPage() {
  const [url, setUrl] = useUrl();
  const admin = useMay("admin");
  return (
    <Page title="Access">
      <Tabs
        value={url.get("tab") ?? "you"}
        onChange={(tab) => setUrl({ tab: tab === "you" ? null : tab }, true)}
        keepMounted={false}
      >
        <Tabs.List>
          <Tabs.Tab value="you">You</Tabs.Tab>
          <Tabs.Tab value="tokens">Tokens</Tabs.Tab>
          <Tabs.Tab value="sessions">Sessions</Tabs.Tab>
          {admin && <Tabs.Tab value="people">People</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="you" pt="sm">
          <You />
        </Tabs.Panel>
        <Tabs.Panel value="tokens" pt="sm">
          <Tokens />
        </Tabs.Panel>
        <Tabs.Panel value="sessions" pt="sm">
          <Sessions />
        </Tabs.Panel>
        {admin && (
          <Tabs.Panel value="people" pt="sm">
            <People />
          </Tabs.Panel>
        )}
      </Tabs>
    </Page>
  );
}
