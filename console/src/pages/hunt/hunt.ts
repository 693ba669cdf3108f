/** What the page Hunt asks the API for. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { api, got, type Schema } from "@/api/client";
import { BARS, barsOf, courseSql, hasCourse } from "./course";

export interface Question {
  kind: "sql" | "search";
  text: string;
  table: string;
}

export type Result = Schema["HuntResult"];

const MOST = 5_000; // rows that a page holds
const SECONDS = 30;
const COURSE_SECONDS = 15;

/** A question as the API takes it. */
export function bodyOf(question: Question): Schema["NewHunt"] {
  const { kind, text, table } = question;
  const asked = kind === "sql" ? { sql: text } : { search: text, table };
  return { ...asked, limit: MOST, seconds: SECONDS };
}

export function useHunt(question: Question) {
  const client = useQueryClient();
  const queryKey = ["hunt", question];
  const found = useQuery({
    queryKey,
    enabled: question.text !== "",
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) =>
      // As JSON, which is what a client gets that asks for no other form.
      (await got(api.POST("/api/v1/hunts", { body: bodyOf(question), signal }))) as Result,
  });
  return { ...found, stop: () => client.cancelQueries({ queryKey }) };
}

export function useTables() {
  return useQuery({
    queryKey: ["hunt", "schema"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => got(api.GET("/api/v1/hunts/schema")),
  });
}

/** Columns by table, for the editor. */
export function useSchema(): Record<string, string[]> {
  const { data } = useTables();
  return useMemo(
    () =>
      Object.fromEntries(
        (data?.tables ?? []).map((table) => [
          table.name,
          table.columns.map((column) => column.name),
        ]),
      ),
    [data],
  );
}

/** When the rows of an answer were, if they say so. */
export function useCourse(result: Result | undefined) {
  return useQuery({
    queryKey: ["hunt", "course", result?.sql],
    enabled: result !== undefined && hasCourse(result),
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const body = { sql: courseSql(result?.sql ?? ""), limit: BARS, seconds: COURSE_SECONDS };
      const found = (await got(api.POST("/api/v1/hunts", { body, signal }))) as Result;
      return barsOf(found.rows);
    },
  });
}
