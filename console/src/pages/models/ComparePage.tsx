/** Two versions side by side: what would be silenced or told anew, and attacks lost or won. */
import { Anchor, Button, Group, Select, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "wouter";
import { api, got, newKey, type Schema } from "@/api/client";
import { useMay } from "@/api/me";
import { Answer, Failed, Nothing } from "@/parts/Answer";
import { Job } from "@/parts/Job";
import { Page, Panel } from "@/parts/Page";
import { useUrl } from "@/parts/url";
import { Compared } from "./Compared";
import { type Comparison, pairOf } from "./comparison";
import { useVersions } from "./queries";

type Version = Schema["foreseen__api__model_views__VersionView"];

export function ComparePage() {
  const found = useVersions();
  return (
    <Page
      title="Compare versions"
      note={
        <Anchor component={Link} href="/models/versions" size="sm">
          All versions
        </Anchor>
      }
    >
      <Answer
        of={found}
        isEmpty={({ versions }) => versions.length < 2}
        empty={
          <>
            There are not two versions yet.{" "}
            <Link href="/models/versions">Train the models again</Link>, then both can be compared.
          </>
        }
      >
        {({ versions }) => <Pair versions={versions} />}
      </Answer>
    </Page>
  );
}

function Pair({ versions }: { versions: Version[] }) {
  const [url, setUrl] = useUrl();
  const { from, to } = pairOf(url, versions);
  const job = Number(url.get("job")) || null; // so that the answer is there after a reload, too
  return (
    <>
      <Panel note="on retained matches, and on attacks of the gates" title="Which ones">
        <Group gap="xs" align="flex-end">
          <Choice
            label="From"
            versions={versions}
            value={from}
            set={(version) => setUrl({ from: version, job: null })}
          />
          <Choice
            label="to"
            versions={versions}
            value={to}
            set={(version) => setUrl({ to: version, job: null })}
          />
          <Start from={from} to={to} begun={(number) => setUrl({ job: String(number) }, true)} />
        </Group>
      </Panel>
      {job === null ? (
        <Nothing>
          {from === to
            ? "Choose two different versions."
            : "A comparison judges retained matches by both versions, and takes a while."}
        </Nothing>
      ) : (
        <Job number={job} key={job}>
          {(result) => <Compared told={result as Comparison} />}
        </Job>
      )}
    </>
  );
}

interface ChoiceProps {
  label: string;
  versions: Version[];
  value: number;
  set: (version: string) => void;
}

function Choice({ label, versions, value, set }: ChoiceProps) {
  return (
    <Select
      label={label}
      w={220}
      allowDeselect={false}
      value={String(value)}
      data={versions.map(({ version, in_use }) => ({
        value: String(version),
        label: `version ${version}${in_use ? " (in use)" : ""}`,
      }))}
      onChange={(chosen) => chosen && set(chosen)}
    />
  );
}

interface StartProps {
  from: number;
  to: number;
  begun: (job: number) => void;
}

function Start({ from, to, begun }: StartProps) {
  const may = useMay("engineer");
  const asking = useMutation({
    mutationFn: () =>
      got(
        api.POST("/api/v1/models/compare", {
          body: { first: from, second: to },
          params: { header: { "idempotency-key": newKey() } },
        }),
      ),
    onSuccess: ({ id }) => begun(id),
  });
  if (!may) return <Nothing>Comparing takes the scope engineer.</Nothing>;
  return (
    <Stack gap="xs">
      <Button disabled={from === to} loading={asking.isPending} onClick={() => asking.mutate()}>
        Compare
      </Button>
      {asking.error && <Failed error={asking.error} />}
    </Stack>
  );
}
