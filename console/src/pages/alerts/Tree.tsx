import { useQuery } from "@tanstack/react-query";
import { api, got } from "@/api/client";
import { Answer } from "@/parts/Answer";
import { ProcessTree } from "@/parts/ProcessTree";

/** The processes around an alert: who started whom. */
export function Tree({ uid }: { uid: string }) {
  const found = useQuery({
    queryKey: ["process tree", uid],
    staleTime: 300_000,
    queryFn: () => got(api.GET("/api/v1/alerts/{uid}/process-tree", { params: { path: { uid } } })),
  });
  return (
    <Answer
      of={found}
      lines={6}
      isEmpty={(tree) => tree.processes.length === 0}
      empty="No process is known for this alert."
    >
      {(tree) => (
        <ProcessTree
          label="Process tree"
          processes={tree.processes}
          matched={tree.process}
          leftOut={tree.left_out}
        />
      )}
    </Answer>
  );
}
