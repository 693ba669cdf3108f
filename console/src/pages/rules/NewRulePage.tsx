/** A new local rule: from nothing, of a shipped one, or of the words of a hunt. */
import { Alert, Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Nothing } from "@/parts/Answer";
import { Foreign } from "@/parts/Foreign";
import { Page } from "@/parts/Page";
import { useUrl } from "@/parts/url";
import { NoFolder } from "./Keep";
import { NewRuleForm } from "./NewRuleForm";
import { copied, SKELETON } from "./newRule";
import { useCanKeep } from "./queries";

export function NewRulePage() {
  const [url] = useUrl();
  const [from, search] = [url.get("from"), url.get("search")];
  const may = useMay("engineer");
  const canKeep = useCanKeep();
  const found = useQuery({
    queryKey: ["rule", from, search, "to begin with"],
    enabled: may,
    queryFn: () => begun(from, search),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Page
      title="New rule"
      note={
        <Anchor component={Link} href="/rules" size="sm">
          All rules
        </Anchor>
      }
    >
      {may ? (
        <Answer of={found} lines={8}>
          {({ text, notes }) => (
            <>
              {canKeep.data === false && <NoFolder />}
              {notes.length > 0 && <Notes of={notes} />}
              <NewRuleForm begun={text} />
            </>
          )}
        </Answer>
      ) : (
        <Nothing>Your role reads rules; the role engineer makes them.</Nothing>
      )}
    </Page>
  );
}

/** The text to begin with, and what of a search it could not take over. */
async function begun(from: string | null, search: string | null) {
  const uuid = crypto.randomUUID();
  if (search) return got(api.POST("/api/v1/rule-drafts", { body: { search } }));
  if (from === null) return { text: SKELETON.replace("UUID", uuid), notes: [] };
  const path = { rule: from };
  const { text } = await got(api.GET("/api/v1/rules/{rule}", { params: { path } }));
  return { text: copied(text, from, uuid), notes: [] };
}

function Notes({ of }: { of: string[] }) {
  return (
    <Alert color="yellow" variant="light" title="What a rule could not take over from the search">
      {of.map((note) => (
        <div key={note}>
          <Foreign text={note} />
        </div>
      ))}
    </Alert>
  );
}
